// How a run ended, cut to what a report may carry. Pure.
import { type CriterionEvidence, ERROR_MESSAGE_CHARS_MAX, RESULT_BYTES_MAX } from '@nova-torch/protocol';
import { TaskCompletion, TaskFailure } from '../task-failure.ts';

export type Ending =
  | {
      kind: 'completed';
      result: unknown;
      exitCode: number | undefined;
      evidence?: readonly CriterionEvidence[] | undefined;
    }
  | { kind: 'failed'; code: string; message: string; retryable: boolean; exitCode: number | undefined };

const CODE_CHARS_MAX = 100;

export function failed(
  code: string,
  message: string,
  options: { retryable?: boolean; exitCode?: number | undefined } = {},
): Ending {
  return {
    kind: 'failed',
    code: code.slice(0, CODE_CHARS_MAX) || 'AGENT_REPORTED',
    message: message.slice(-ERROR_MESSAGE_CHARS_MAX),
    retryable: options.retryable ?? true,
    exitCode: options.exitCode,
  };
}

/** The ending of a handler that returned `value`. A result that is too large or not JSON is a failure no retry mends. */
export function endingOfValue(value: unknown): Ending {
  const completion = value instanceof TaskCompletion ? value : new TaskCompletion(value);
  const { exitCode, evidence } = completion;
  let json: string | undefined;
  try {
    json = JSON.stringify(completion.result);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return failed('RESULT_NOT_JSON', `the result is not JSON: ${reason}`, { retryable: false, exitCode });
  }
  const bytes = json === undefined ? 0 : Buffer.byteLength(json);
  if (bytes > RESULT_BYTES_MAX) {
    const message = `the result has ${bytes} bytes, over the limit of ${RESULT_BYTES_MAX}: put it into a file and return its path`;
    return failed('PAYLOAD_TOO_LARGE', message, { retryable: false, exitCode });
  }
  const result = json === undefined ? undefined : completion.result;
  return { kind: 'completed', result, exitCode, ...(evidence === undefined ? {} : { evidence }) };
}

/** The ending of a handler that threw. */
export function endingOfError(error: unknown): Ending {
  if (error instanceof TaskFailure) return failed(error.code, error.message, error);
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return failed('AGENT_REPORTED', text);
}
