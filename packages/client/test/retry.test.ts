import { expect, test } from 'vitest';
import { NovaApiError } from '../src/errors.ts';
import { DEFAULT_RETRIES, mayRetry, pause, pauseBefore, withRetries } from '../src/retry.ts';

const error = (code: NovaApiError['code'], status: number, retryable: boolean) =>
  new NovaApiError({ code, status, detail: code, retryable });

test.each([
  [error('OVERLOADED', 429, true), false, true],
  [error('BROKER_UNAVAILABLE', 503, true), true, true],
  [error('BROKER_UNAVAILABLE', 503, true), false, false],
  [error('UNREACHABLE', 0, true), true, true],
  [error('UNREACHABLE', 0, true), false, false],
  [new NovaApiError({ code: 'UNREACHABLE', status: 0, detail: 'unsent', isUnsent: true }), false, true],
  [error('VALIDATION', 400, false), true, false],
  [error('TASK_UNKNOWN', 404, false), true, false],
])('%s, safe: %s, may be tried again: %s', (failure, safe, expected) => {
  expect(mayRetry(failure, safe)).toBe(expected);
});

test('pauses double, vary by half, and are bounded', () => {
  expect(pauseBefore(1, DEFAULT_RETRIES, 0.5)).toBe(100);
  expect(pauseBefore(2, DEFAULT_RETRIES, 0.5)).toBe(200);
  expect(pauseBefore(3, DEFAULT_RETRIES, 0)).toBe(200);
  expect(pauseBefore(3, DEFAULT_RETRIES, 1)).toBe(600);
  expect(pauseBefore(20, DEFAULT_RETRIES, 0.5)).toBe(2_000);
});

const policy = { attemptsMax: 3, pauseMs: 1, pauseMsMax: 2 };
const inAMinute = () => performance.now() + 60_000;

test('tries until it works', async () => {
  let tries = 0;
  const call = async () => {
    tries += 1;
    if (tries < 3) throw error('NO_ANSWER', 503, true);
    return tries;
  };
  expect(await withRetries(call, { safe: true, policy, deadlineMs: inAMinute(), signal: undefined })).toBe(3);
});

test('gives up after so many tries, and at the deadline', async () => {
  let tries = 0;
  const call = async () => {
    tries += 1;
    throw error('NO_ANSWER', 503, true);
  };
  const options = { safe: true, policy, signal: undefined };
  await expect(withRetries(call, { ...options, deadlineMs: inAMinute() })).rejects.toThrow('NO_ANSWER');
  expect(tries).toBe(3);
  await expect(withRetries(call, { ...options, deadlineMs: performance.now() })).rejects.toThrow('NO_ANSWER');
  expect(tries).toBe(4);
});

test('does not ask an overloaded gateway again before the time it named', async () => {
  const overloaded = (retryAfterMs: number) =>
    new NovaApiError({
      ...{ code: 'OVERLOADED', status: 429, detail: 'much', retryable: true },
      retryAfterMs,
    });
  const triedAt: number[] = [];
  const call = async () => {
    triedAt.push(performance.now());
    if (triedAt.length === 1) throw overloaded(80);
  };
  const options = { safe: false, policy, signal: undefined };
  await withRetries(call, { ...options, deadlineMs: inAMinute() });
  expect((triedAt[1] ?? 0) - (triedAt[0] ?? 0)).toBeGreaterThanOrEqual(79);
  const later = async () => {
    throw overloaded(5_000);
  };
  const soon = performance.now() + 1_000;
  await expect(withRetries(later, { ...options, deadlineMs: soon })).rejects.toThrow('much');
});

test('makes no further try when the deadline passed in the pause', async () => {
  let tries = 0;
  const deadlineMs = performance.now() + 60;
  const call = async () => {
    tries += 1;
    // The process is held up while the pause runs, longer than the deadline is away.
    setTimeout(() => {
      while (performance.now() < deadlineMs + 10);
    });
    throw error('NO_ANSWER', 503, true);
  };
  const options = { safe: true, policy: { ...policy, pauseMs: 20, pauseMsMax: 20 }, signal: undefined };
  await expect(withRetries(call, { ...options, deadlineMs })).rejects.toThrow('NO_ANSWER');
  expect(tries).toBe(1);
});

test('an error that is not of a call is not repeated', async () => {
  const call = () => Promise.reject(new TypeError('a mistake'));
  const options = { safe: true, policy, deadlineMs: inAMinute(), signal: undefined };
  await expect(withRetries(call, options)).rejects.toThrow(TypeError);
});

test('a pause ends when its signal is aborted', async () => {
  const controller = new AbortController();
  const waiting = pause(60_000, controller.signal);
  controller.abort(new Error('no more'));
  await expect(waiting).rejects.toThrow('no more');
  await expect(pause(1, controller.signal)).rejects.toThrow('no more');
  await expect(pause(1, new AbortController().signal)).resolves.toBeUndefined();
});
