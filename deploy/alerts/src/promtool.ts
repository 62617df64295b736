import { spawnSync } from 'node:child_process';

/** How a run of promtool went. */
export interface PromtoolRun {
  readonly ok: boolean;
  /** What it printed, on both outputs. */
  readonly output: string;
}

const DEADLINE_MS = 120_000;

/** Runs promtool in a directory. Undefined if there is none on PATH; throws if it cannot be run or takes two minutes. */
export function promtool(args: readonly string[], directory: string): PromtoolRun | undefined {
  const run = spawnSync('promtool', args, { cwd: directory, encoding: 'utf8', timeout: DEADLINE_MS });
  if (run.error !== undefined) {
    if ('code' in run.error && run.error.code === 'ENOENT') return undefined;
    throw run.error;
  }
  return { ok: run.status === 0, output: `${run.stdout}${run.stderr}` };
}
