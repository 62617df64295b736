// The process under test: all stations, and nothing else that could grow.
import { setTimeout as delay } from 'node:timers/promises';
import { openBroker } from '@nova-torch/streams';
import { eventually } from '@nova-torch/testing';
import { Book } from './book.ts';
import type { ClientsReport, FromClients, ToClients } from './clients.ts';
import { type HeldUp, watchHeldUp } from './held-up.ts';
import { PromiseWatch } from './promise-watch.ts';
import { takeQuietSample } from './quiet-sample.ts';
import { workStream } from './soak-message.ts';
import { Station } from './station.ts';
import { leftAt, verifyStreams } from './verify.ts';

/** Longer than it takes until a message is claimed from a consumer that has it and does nothing. */
const DRAIN_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 15_000;
const READ_AGAIN_MS = 1_100;

const [proxyUrl = '', directUrl = '', count = '0'] = process.argv.slice(2);
const heldUp: HeldUp = watchHeldUp();
const promises = new PromiseWatch((from, to) => heldUp.within(from, to));
const books = Array.from({ length: Number(count) }, () => new Book());
const warnings: string[] = [];
process.on('warning', ({ name, message }) => {
  if (name === 'MaxListenersExceededWarning') warnings.push(message);
});
process.on('unhandledRejection', (reason) => warnings.push(`unhandled rejection: ${String(reason)}`));

const direct = await openBroker({ url: directUrl, name: 'soak-verifier', commandTimeoutMs: 20_000 });
const stations: Station[] = [];
for (const number of books.keys()) {
  stations.push(await Station.open({ number, url: proxyUrl, books, promises, heldUp }));
}

const send = (message: FromClients): void => void process.send?.(message);

/** Sends nothing any more and waits until everything sent is done. Returns how long that took, and what is left. */
async function drain(): Promise<{ ms: number; left: string[] }> {
  const startedAt = performance.now();
  for (const station of stations) station.send(false);
  const left = async (): Promise<string[]> => {
    const all = await Promise.all(books.map(async (_, number) => leftAt(direct, workStream(number))));
    return all.filter((text) => text !== '');
  };
  const isDone = async (): Promise<boolean> =>
    stations.every(({ isQuiet, broker }) => isQuiet && broker.status().connected) &&
    (await left()).length === 0;
  await eventually(isDone, { timeoutMs: DRAIN_WITHIN_MS, everyMs: 100 }).catch(() => undefined);
  return { ms: Math.round(performance.now() - startedAt), left: await left() };
}

/** Between two faults nothing may be under way: every blocked read starts anew once. */
const settled = (): Promise<void> => delay(READ_AGAIN_MS);

async function quiet() {
  const drained = await drain();
  await settled();
  return { drained, sample: await takeQuietSample() };
}

async function finish(): Promise<ClientsReport> {
  const { drained, sample } = await quiet();
  const checks = await verifyStreams(direct, stations, books);
  const connections = stations.map(({ broker }) => broker.status().connections);
  for (const station of stations) await promises.watch('stop', STOP_WITHIN_MS, station.stop());
  await direct.close();
  heldUp.stop();
  return {
    drained,
    sample,
    checks,
    connections,
    warnings,
    promises: promises.tallies,
    sent: books.reduce((sum, { size }) => sum + size, 0),
    handled: stations.reduce((sum, { handled }) => sum + handled, 0),
    redelivered: stations.reduce((sum, { redelivered }) => sum + redelivered, 0),
    feed_gaps: stations.reduce((sum, { gaps }) => sum + gaps, 0),
    late: stations.flatMap(({ late }) => late),
    pauses: stations.flatMap(({ pauses }) => pauses),
    held_up: heldUp.stretches,
  };
}

process.on('message', async (message: ToClients) => {
  if (message === 'go') for (const station of stations) station.send(true);
  if (message === 'quiet') send({ kind: 'quiet', ...(await quiet()) });
  if (message === 'finish') send({ kind: 'report', report: await finish() });
});
// The parent lets go, or is gone.
process.once('disconnect', () => process.exit(0));
send({ kind: 'ready' });
