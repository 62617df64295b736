import { Worker } from 'bullmq';
import { countInWorker } from '../worker-process.ts';
import { connectionOf, QUEUE } from './bullmq.ts';

const [brokerUrl = '', concurrency = '100'] = process.argv.slice(2);
const worker = new Worker(QUEUE, async (job) => ({ ok: job.data.number }), {
  connection: { ...connectionOf(brokerUrl), maxRetriesPerRequest: null },
  concurrency: Number(concurrency),
  autorun: false,
});
const counter = countInWorker(() => worker.close());
// Counted when the broker has stored the end, as with the others.
worker.on('completed', (job) => counter.handled(job.data.number));
await worker.waitUntilReady();
void worker.run();
counter.ready();
