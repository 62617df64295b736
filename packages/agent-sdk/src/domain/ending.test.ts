import { ERROR_MESSAGE_CHARS_MAX, RESULT_BYTES_MAX } from '@nova-torch/protocol';
import { describe, expect, it } from 'vitest';
import { TaskCompletion, TaskFailure } from '../task-failure.ts';
import { endingOfError, endingOfValue } from './ending.ts';

describe('how a run ended', () => {
  it('is a completion with any JSON, or with nothing', () => {
    expect(endingOfValue({ a: 1 })).toEqual({ kind: 'completed', result: { a: 1 }, exitCode: undefined });
    expect(endingOfValue(undefined)).toEqual({ kind: 'completed', result: undefined, exitCode: undefined });
    expect(endingOfValue(() => 1)).toMatchObject({ kind: 'completed', result: undefined });
    expect(endingOfValue(new TaskCompletion('x', { exitCode: 3 }))).toMatchObject({
      result: 'x',
      exitCode: 3,
    });
  });

  it('counts the bytes of a result, not its characters', () => {
    const most = 'ü'.repeat(RESULT_BYTES_MAX / 2 - 1);
    expect(endingOfValue(most)).toMatchObject({ kind: 'completed' });
    expect(endingOfValue(`${most}ü`)).toMatchObject({ kind: 'failed', code: 'PAYLOAD_TOO_LARGE' });
  });

  it('is a failure with the end of a long message and a code that fits', () => {
    const failure = endingOfError(new TaskFailure('C'.repeat(200), `${'x'.repeat(9_000)}the end`));
    expect(failure).toMatchObject({ kind: 'failed', code: 'C'.repeat(100), retryable: true });
    expect(failure.kind === 'failed' && failure.message).toMatch(/the end$/);
    expect(failure.kind === 'failed' && failure.message.length).toBe(ERROR_MESSAGE_CHARS_MAX);
    expect(endingOfError('a text')).toMatchObject({ code: 'AGENT_REPORTED', message: 'a text' });
    expect(endingOfError(new TaskFailure('', 'x', { exitCode: 4 }))).toMatchObject({
      code: 'AGENT_REPORTED',
      exitCode: 4,
    });
  });
});
