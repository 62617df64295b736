import { spawn } from 'node:child_process';

const KILL_AFTER_MS = 5_000;

export interface Step {
  name: string;
  command: string;
  args: readonly string[];
  /** What a person types to see, or mend, what this step found. */
  remedy: string;
}

export type StepResult = { ok: boolean; timedOut: boolean; seconds: number };

/** Runs one step with our output as its output. It is ended at `deadline` (ms since the epoch) and then has failed. */
export function runStep(step: Step, deadline: number): Promise<StepResult> {
  const startedAt = Date.now();
  return new Promise((resolve) => {
    const child = spawn(step.command, step.args, { stdio: 'inherit' });
    let timedOut = false;
    const end = (): void => {
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS).unref();
    };
    const atDeadline = setTimeout(() => {
      timedOut = true;
      end();
    }, deadline - startedAt);
    // Whoever ends us ends the step, and still gets the counts of what was done.
    process.on('SIGTERM', end);
    const finish = (ok: boolean): void => {
      clearTimeout(atDeadline);
      process.off('SIGTERM', end);
      resolve({ ok: ok && !timedOut, timedOut, seconds: (Date.now() - startedAt) / 1000 });
    };
    child.once('error', () => finish(false));
    child.once('exit', (code) => finish(code === 0));
  });
}
