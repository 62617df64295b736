import { openBroker } from '@nova-torch/streams';
import type { Contender } from '../contest.ts';
import { startWorkers } from '../worker-process.ts';

export const STREAM = '{bench}.floor';
export const GROUP = 'floor';
const BATCH = 256;

/** The floor: what the broker and a client can do at most when nothing is decided and nothing kept. */
export const floor: Contender = {
  name: 'floor',
  settings: `raw XADD → XREADGROUP → XACK, batches of ${BATCH}`,
  async start(brokerUrl) {
    const broker = await openBroker({ url: brokerUrl, name: 'bench-floor' });
    await broker.call('XGROUP', 'CREATE', STREAM, GROUP, '0', 'MKSTREAM');
    const worker = await startWorkers(new URL('./floor.worker.ts', import.meta.url), [brokerUrl]);
    return {
      processes: worker.pids,
      async submit(from, count) {
        const body = 'x'.repeat(100);
        for (let first = from; first < from + count; first += BATCH) {
          const size = Math.min(BATCH, from + count - first);
          await broker.batch(
            Array.from(
              { length: size },
              (_, index) => ['XADD', STREAM, '*', 'n', first + index, 'body', body] as const,
            ),
          );
        }
      },
      done: (total) => worker.reached(total),
      tally: () => worker.tally(),
      async stop() {
        await worker.stop();
        await broker.close();
      },
    };
  },
};
