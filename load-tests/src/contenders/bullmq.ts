import { Queue } from 'bullmq';
import type { Contender } from '../contest.ts';
import { startWorkers } from '../worker-process.ts';

// In braces: all its keys on one hash tag, which Dragonfly asks for and which costs nothing elsewhere.
export const QUEUE = '{bench}';

export interface BullMqSettings {
  /** Jobs in one addBulk call. */
  readonly bulk: number;
  /** Jobs one Worker runs at the same time. */
  readonly concurrency: number;
  /** Processes with one Worker each. */
  readonly workers: number;
}

/** host and port of a broker URL, as BullMQ takes them. */
export function connectionOf(brokerUrl: string): { host: string; port: number } {
  const { hostname, port } = new URL(brokerUrl);
  return { host: hostname, port: Number(port) };
}

/** BullMQ: addBulk in one process, Workers in others. */
export function bullmq({ bulk, concurrency, workers }: BullMqSettings): Contender {
  return {
    name: 'BullMQ',
    settings: `BullMQ 6.7.0, addBulk of ${bulk}, ${workers} Worker process(es), concurrency ${concurrency}, removeOnComplete, ioredis 6`,
    async start(brokerUrl) {
      const queue = new Queue(QUEUE, { connection: connectionOf(brokerUrl) });
      await queue.waitUntilReady();
      const file = new URL('./bullmq.worker.ts', import.meta.url);
      const worker = await startWorkers(file, [brokerUrl, String(concurrency)], workers);
      return {
        processes: worker.pids,
        async submit(from, count) {
          for (let first = from; first < from + count; first += bulk) {
            const size = Math.min(bulk, from + count - first);
            await queue.addBulk(
              Array.from({ length: size }, (_, index) => ({
                name: 'task',
                data: { number: first + index, inputs: { text: 'x'.repeat(100) } },
                opts: { removeOnComplete: true, removeOnFail: true },
              })),
            );
          }
        },
        done: (total) => worker.reached(total),
        tally: () => worker.tally(),
        async explain() {
          return `jobs ${JSON.stringify(await queue.getJobCounts())}`;
        },
        async stop() {
          await worker.stop();
          await queue.close();
        },
      };
    },
  };
}
