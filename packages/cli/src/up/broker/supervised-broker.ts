// Keeps a broker of our own running: when it ends by itself it is started again, on its port, with its data.
import { setTimeout as delay } from 'node:timers/promises';
import type { BrokerProcess } from './broker-process.ts';

export interface SupervisionOptions {
  /** Starts the broker: on any port at first, later on the one it had. */
  start(port?: number): Promise<BrokerProcess>;
  /** Hears why the broker ended, or why it could not be started again. */
  onCrash(reason: string): void;
  onRestarted(): void;
}

export interface SupervisedBroker {
  readonly port: number;
  readonly url: string;
  /** Of the process that runs now; another one after a crash. */
  readonly pid: number;
  /** Ends it and waits, also when it is just being started again. Idempotent. */
  stop(): Promise<void>;
}

const RESTART_DELAY_MIN_MS = 50;
const RESTART_DELAY_MAX_MS = 5_000;
/** A broker that lived this long starts its next life with the shortest delay again. */
const STEADY_MS = 30_000;

/** Starts a broker and keeps it running until stop(). Rejects when it does not come up the first time. */
export async function superviseBroker(options: SupervisionOptions): Promise<SupervisedBroker> {
  let running = await options.start();
  const { port, url } = running;
  const stopping = new AbortController();
  const watching = (async () => {
    let delayMs = RESTART_DELAY_MIN_MS;
    for (;;) {
      const startedAt = performance.now();
      const reason = await running.ended;
      if (stopping.signal.aborted) return;
      options.onCrash(reason);
      if (performance.now() - startedAt > STEADY_MS) delayMs = RESTART_DELAY_MIN_MS;
      const next = await startAgain(options, port, delayMs, stopping.signal);
      if (!next) return;
      running = next;
      delayMs = Math.min(delayMs * 2, RESTART_DELAY_MAX_MS);
      options.onRestarted();
    }
  })();
  return {
    port,
    url,
    get pid() {
      return running.pid;
    },
    async stop() {
      stopping.abort();
      await running.stop();
      await watching;
    },
  };
}

/** Tries until it runs; undefined when `stopping` came first, with nothing left running. */
async function startAgain(
  options: SupervisionOptions,
  port: number,
  firstDelayMs: number,
  stopping: AbortSignal,
): Promise<BrokerProcess | undefined> {
  for (let delayMs = firstDelayMs; ; delayMs = Math.min(delayMs * 2, RESTART_DELAY_MAX_MS)) {
    await delay(delayMs, undefined, { signal: stopping }).catch(() => undefined);
    if (stopping.aborted) return undefined;
    try {
      const started = await options.start(port);
      if (!stopping.aborted) return started;
      await started.stop();
      return undefined;
    } catch (error) {
      options.onCrash(
        `could not be started again: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
}
