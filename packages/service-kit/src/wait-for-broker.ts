import { type Broker, BrokerTimeoutError, BrokerUnavailableError, openBroker } from '@nova-torch/streams';
import type { Logger } from './logger.ts';

/** Where the broker is, who connects, and how long a start waits for it. */
export interface WaitForBrokerOptions {
  url: string;
  name: string;
  waitMs: number;
  logger: Logger;
}

const RETRY_MS = 200;

/**
 * Connects to the broker, and waits for it to appear for up to `waitMs`: services and broker may start together.
 * What waiting cannot mend (a wrong password) is thrown at once.
 */
export async function waitForBroker(options: WaitForBrokerOptions): Promise<Broker> {
  const { url, name, waitMs, logger } = options;
  const giveUpAt = performance.now() + waitMs;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await openBroker({ url, name, logger });
    } catch (error) {
      const mayPass = error instanceof BrokerUnavailableError || error instanceof BrokerTimeoutError;
      if (!mayPass || performance.now() + RETRY_MS > giveUpAt) throw error;
      if (attempt === 1) logger.info({ wait_ms: waitMs, reason: error.message }, 'waiting for the broker');
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}
