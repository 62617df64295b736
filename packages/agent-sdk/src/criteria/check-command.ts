// The check command of a task: run like any command of ours, so nothing of it is left, but with no patience at its timeout.
import { CHECK_OUTPUT_CHARS_MAX, type CommandCriterion } from '@nova-torch/protocol';
import { type CommandEnd, runCommand } from '../command/run-command.ts';
import type { CheckContext, Finding } from './check-criteria.ts';

/** From the polite end to the forced one when the task itself is over, in ms. */
const GRACE_MS = 1_000;

/** Met when it ends with exit code 0 in time. */
export async function checkCommand(
  { run, timeout }: CommandCriterion,
  { workspace, environment, runId, signal, guard, logger }: CheckContext,
): Promise<Finding> {
  const tooLate = AbortSignal.timeout(Math.ceil(timeout * 1000));
  const [program = '', ...args] = typeof run === 'string' ? ['/bin/sh', '-c', run] : run;
  let leader: number | undefined;
  const end = await runCommand({
    command: [program, ...args],
    cwd: workspace,
    environment,
    runId,
    input: '',
    graceMs: GRACE_MS,
    signal: AbortSignal.any([signal, tooLate]),
    killSignal: tooLate,
    onStarted: (pid) => {
      leader = pid;
      guard?.watch(pid);
    },
    onProgress: () => {},
    logger,
  });
  if (leader !== undefined) guard?.forget(leader);
  const shown = JSON.stringify(typeof run === 'string' ? run : run.join(' ')).slice(0, 200);
  return {
    met: end.kind === 'ended' && end.exitCode === 0 && !tooLate.aborted,
    found: `${shown} ${tooLate.aborted ? `was killed: it ran longer than its ${timeout} s` : howItEnded(end)}`,
    ...(end.kind === 'ended' ? { output: end.lastWords.slice(-CHECK_OUTPUT_CHARS_MAX) } : {}),
  };
}

function howItEnded(end: CommandEnd): string {
  if (end.kind === 'not_started') return `could not be started: ${end.message}`;
  return end.exitCode === null ? `was killed by ${end.signal}` : `ended with exit code ${end.exitCode}`;
}
