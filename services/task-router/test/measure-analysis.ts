// Prints the processor time that reading one task takes: `node --conditions=source services/task-router/test/measure-analysis.ts`.
import { TaskSpec } from '@nova-torch/protocol';
import { NOTHING_KNOWN, shipped } from './support/shipped-taxonomy.ts';

const ROUNDS = 9;
const CALLS = 2_000;
const KIB = 1_024;

const plain = 'The quick brown fox jumps over the lazy dog and goes on. ';
const dense =
  'Implement the login form in React and TypeScript, with unit tests for each of the validators. The backend is a Go ' +
  'service behind nginx; it talks to PostgreSQL over REST. Please do not touch the deployment. ';

/** Microseconds of processor time of one call, the median of all rounds. */
function microsOf(call: () => unknown): number {
  for (let i = 0; i < 4 * CALLS; i += 1) call();
  const rounds = Array.from({ length: ROUNDS }, () => {
    const before = process.cpuUsage();
    for (let i = 0; i < CALLS; i += 1) call();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / CALLS;
  });
  return rounds.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
}

for (const [name, description] of [
  ['title only', ''],
  ['1 KiB of prose', plain.repeat(KIB).slice(0, KIB)],
  ['1 KiB that names ten skills', dense.repeat(KIB).slice(0, KIB)],
] as const) {
  const task = TaskSpec.parse({ title: 'Add a login form to the portal', description });
  const analysis = microsOf(() => shipped.analyse(task, NOTHING_KNOWN));
  const wishes = microsOf(() => shipped.wishesOf(task));
  process.stdout.write(`${name}: analysis ${analysis.toFixed(1)} µs, at admission ${wishes.toFixed(1)} µs\n`);
}
