import { Queue } from 'bullmq';
import type { Contender } from '../contest.ts';
import { startWorkerProcess } from '../worker-process.ts';

// In braces: all its keys on one hash tag, which Dragonfly asks for and which costs nothing elsewhere.
export const QUEUE = '{bench}';
const BULK = 1_000;

/** host and port of a broker URL, as BullMQ takes them. */
export function connectionOf(brokerUrl: string): { host: string; port: number } {
  const { hostname, port } = new URL(brokerUrl);
  return { host: hostname, port: Number(port) };
}

/** BullMQ: addBulk in one process, one Worker in another. */
export function bullmq(concurrency: number): Contender {
  return {
    name: 'BullMQ',
    settings: `BullMQ 6.7.0, addBulk of ${BULK}, Worker concurrency ${concurrency}, removeOnComplete, ioredis 6`,
    async start(brokerUrl) {
      const queue = new Queue(QUEUE, { connection: connectionOf(brokerUrl) });
      await queue.waitUntilReady();
      const worker = await startWorkerProcess(new URL('./bullmq.worker.ts', import.meta.url), [brokerUrl, String(concurrency)]);
      return {
        async submit(from, count) {
          for (let first = from; first < from + count; first += BULK) {
            const size = Math.min(BULK, from + count - first);
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
        async stop() {
          await worker.stop();
          await queue.close();
        },
      };
    },
  };
}
