import { asStreamEntries, openBroker } from '@nova-torch/streams';
import { countInWorker } from '../worker-process.ts';
import { GROUP, STREAM } from './floor.ts';

const BLOCK_MS = 1_000;
const [brokerUrl = ''] = process.argv.slice(2);
const broker = await openBroker({ url: brokerUrl, name: 'bench-floor-worker' });
const reader = broker.openReader('floor');
let stopping = false;
const counter = countInWorker(async () => {
  stopping = true;
  await reader.close();
  await broker.close();
});

async function consume(): Promise<void> {
  while (!stopping) {
    const reply = await reader.read(
      'XREADGROUP',
      ['GROUP', GROUP, 'worker', 'COUNT', 256, 'BLOCK', BLOCK_MS, 'STREAMS', STREAM, '>'],
      BLOCK_MS,
    );
    const entries = asStreamEntries(reply)[0]?.entries ?? [];
    if (entries.length === 0) continue;
    await broker.call('XACK', STREAM, GROUP, ...entries.map(({ id }) => id));
    for (const { fields } of entries) counter.handled(Number(fields.n));
  }
}

counter.ready();
await consume().catch((error: unknown) => {
  if (!stopping) throw error;
});
