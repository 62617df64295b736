import type { CriterionEvidence } from '@nova-torch/protocol';

/** Thrown by a task's handler to fail the attempt with a code of its own. Any other error fails it as AGENT_REPORTED. */
export class TaskFailure extends Error {
  override readonly name = 'TaskFailure';
  /** At most 100 characters; longer ones are cut. */
  readonly code: string;
  /** False uses up all retries of the task. Default true. */
  readonly retryable: boolean;
  /** Exit code of the command that did the work, if one did. */
  readonly exitCode: number | undefined;

  constructor(
    code: string,
    message: string,
    options: { retryable?: boolean; exitCode?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? true;
    this.exitCode = options.exitCode;
  }
}

/**
 * Returned by a handler that has more to say than a result: the exit code of the command that did the work, and what
 * was found of the task's criteria in the workspace.
 */
export class TaskCompletion {
  readonly result: unknown;
  readonly exitCode: number | undefined;
  readonly evidence: readonly CriterionEvidence[] | undefined;

  constructor(
    result: unknown,
    options: {
      exitCode?: number | undefined;
      evidence?: readonly CriterionEvidence[] | undefined;
    } = {},
  ) {
    this.result = result;
    this.exitCode = options.exitCode;
    this.evidence = options.evidence;
  }
}

/**
 * Why a run was told to end. Of `stopped`, `superseded` and `agent_gone` nothing is reported, because the platform
 * does not want the result any more; `timeout` and `drained` are reported as failed attempts.
 */
export type AbortCause = 'stopped' | 'superseded' | 'agent_gone' | 'timeout' | 'drained';

/** The reason of a task's abort signal. */
export class TaskAbortedError extends Error {
  override readonly name = 'TaskAbortedError';
  readonly why: AbortCause;

  constructor(why: AbortCause, message: string) {
    super(message);
    this.why = why;
  }
}
