// `pnpm verify`, which is what `npm test` runs: everything that must hold before a change goes in, one step after the
// other, stopping at the first that fails. Its last line is `N passed, N failed`. Arguments are passed to vitest, so
// `pnpm verify packages/streams` runs the tests of one directory after all other checks.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { prepareTestBroker } from '@nova-torch/testing';
import { runStep, type Step } from './verify/run-step.ts';
import { describeCounts, readCounts } from './verify/test-report.ts';

/** Against a run that hangs. On two cores that nobody else uses the whole run takes under ten minutes. */
const RUN_DEADLINE_MS = 25 * 60_000;
const STATEMENTS_COVERED_MIN_PERCENT = 90;

const root = join(import.meta.dirname, '..');
const reportDir = join(root, 'node_modules', '.cache', 'verify');
const reportFile = join(reportDir, 'tests.json');

function program(name: string): string {
  return join(root, 'node_modules', '.bin', name);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function steps(filters: readonly string[]): Step[] {
  const thresholds =
    filters.length === 0 ? [`--coverage.thresholds.statements=${STATEMENTS_COVERED_MIN_PERCENT}`] : [];
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`];
  return [
    { name: 'format', command: program('biome'), args: ['format', '.'], remedy: 'pnpm format' },
    {
      name: 'lint',
      command: program('biome'),
      args: ['lint', '--error-on-warnings', '.'],
      remedy: 'pnpm lint',
    },
    { name: 'types', command: program('tsc'), args: ['-b'], remedy: 'pnpm typecheck' },
    {
      name: 'boundaries',
      command: process.execPath,
      args: [join(root, 'scripts', 'check-boundaries.ts')],
      remedy: 'pnpm boundaries',
    },
    {
      name: 'tests',
      command: program('vitest'),
      args: ['run', '--coverage', ...thresholds, ...reporters, ...filters],
      remedy: 'pnpm vitest run <part of a path>',
    },
  ];
}

/** Runs the steps and resolves with true when all passed. */
async function verify(filters: readonly string[]): Promise<boolean> {
  const deadline = Date.now() + RUN_DEADLINE_MS;
  for (const step of steps(filters)) {
    if (step.name === 'tests') {
      const broker = await prepareTestBroker(say);
      say(`tests run on ${broker.kind === 'docker' ? broker.image : broker.program}`);
    }
    const { ok, timedOut, seconds } = await runStep(step, deadline);
    say(`${ok ? 'ok' : 'FAILED'}  ${step.name}  ${seconds.toFixed(1)} s`);
    if (timedOut) say(`ended after ${RUN_DEADLINE_MS / 60_000} minutes, the bound of the whole run`);
    if (!ok) {
      say(`to see it alone: ${step.remedy}`);
      return false;
    }
  }
  return true;
}

process.chdir(root);
mkdirSync(reportDir, { recursive: true });
rmSync(reportFile, { force: true });
const ok = await verify(process.argv.slice(2)).catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error));
  return false;
});
const counts = readCounts(reportFile);
// What failed may be no test: a step before them, or the share of statements that they cover.
if (!ok && counts.failed === 0) counts.failed = 1;
say(describeCounts(counts));
process.exitCode = ok ? 0 : 1;
