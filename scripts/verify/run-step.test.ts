import { expect, test } from 'vitest';
import { runStep } from './run-step.ts';

const inAMinute = (): number => Date.now() + 60_000;

function step(command: string, ...args: string[]): Parameters<typeof runStep>[0] {
  return { name: 'step', command, args, remedy: 'none' };
}

test('a step is ok when its program ends with 0', async () => {
  expect(await runStep(step('true'), inAMinute())).toMatchObject({ ok: true, timedOut: false });
  expect(await runStep(step('false'), inAMinute())).toMatchObject({ ok: false, timedOut: false });
  expect(await runStep(step('/nonexistent/program'), inAMinute())).toMatchObject({ ok: false });
});

test('a step that is not done at the deadline is ended, and has failed', async () => {
  const result = await runStep(step('sleep', '60'), Date.now() + 50);
  expect(result).toMatchObject({ ok: false, timedOut: true });
  expect(result.seconds).toBeLessThan(10);
});
