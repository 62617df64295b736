import { setTimeout as pause } from 'node:timers/promises';
import { BrokerTimeoutError, BrokerUnavailableError } from '@nova-torch/streams';

const PAUSE_MS = 50;

/**
 * Repeats work while the broker is away, until `signal` fires: a message that came back later would be overtaken by the
 * next one. The work must be idempotent; any other error is thrown.
 */
export async function persistently<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const passing = error instanceof BrokerUnavailableError || error instanceof BrokerTimeoutError;
      if (!passing || signal.aborted) throw error;
      await pause(PAUSE_MS, undefined, { signal });
    }
  }
}
