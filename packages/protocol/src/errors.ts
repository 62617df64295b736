import { z } from 'zod';

export interface ErrorRow {
  readonly code: string;
  readonly status: number;
  /** Whether the same request may succeed later without being changed. */
  readonly retryable: boolean;
  readonly title: string;
  /** What to do next. */
  readonly hint: string;
}

const row = <const C extends string>(
  code: C,
  status: number,
  retryable: boolean,
  title: string,
  hint: string,
) => ({
  code,
  status,
  retryable,
  title,
  hint,
});

/** Every error a person or a program can get from Nova-Torch. docs/ERRORS.md is checked against this table. */
export const ERRORS = [
  row(
    'VALIDATION',
    400,
    false,
    'The request is not valid',
    'Correct the fields named in `errors`; /docs shows the schema.',
  ),
  row(
    'BODY_NOT_JSON',
    400,
    false,
    'The body is not JSON',
    'Send JSON with the header `content-type: application/json`.',
  ),
  row(
    'CURSOR_INVALID',
    400,
    false,
    'The cursor is not one of ours',
    'Use `next_cursor` of the page before, or none.',
  ),
  row(
    'UNAUTHENTICATED',
    401,
    false,
    'No key or token, or a wrong one',
    'Send `authorization: Bearer <key>`; the local admin key is in the file admin.key of NOVA_HOME.',
  ),
  row(
    'FORBIDDEN',
    403,
    false,
    'The token may not do this',
    'An agent token acts for its own agent only; use the admin key for the rest.',
  ),
  row('ROUTE_UNKNOWN', 404, false, 'There is no such route', '/docs lists all routes.'),
  row(
    'TASK_UNKNOWN',
    404,
    false,
    'There is no such task',
    'Check the id with `nova-torch task list`; ended tasks are kept for a limited time.',
  ),
  row(
    'AGENT_UNKNOWN',
    404,
    false,
    'There is no such agent',
    'Check the id with `nova-torch agent list`; an agent that was taken for dead registers again.',
  ),
  row(
    'MESSAGE_UNKNOWN',
    404,
    false,
    'There is no such message',
    'Check the message id; messages are kept for a limited time.',
  ),
  row(
    'DEAD_LETTER_UNKNOWN',
    404,
    false,
    'There is no such dead letter',
    'It was discarded, or put back more than a day ago; `nova-torch dead-letters list` shows what there is.',
  ),
  row(
    'WORKFLOW_UNKNOWN',
    404,
    false,
    'There is no such workflow',
    'Check the workflow id; it is forgotten with the last of its tasks.',
  ),
  row('TEMPLATE_UNKNOWN', 404, false, 'There is no such agent template', 'GET /v1/templates lists them.'),
  row(
    'SPAWN_UNKNOWN',
    404,
    false,
    'This agent was not started by the spawner',
    'GET /v1/spawns lists what was.',
  ),
  row(
    'SCHEDULE_UNKNOWN',
    404,
    false,
    'There is no such schedule',
    '`nova-torch schedule list` shows all there are.',
  ),
  row(
    'SCHEDULE_ENDED',
    409,
    false,
    'The schedule has ended',
    'Its ends_at has passed or its max_runs are done: create another.',
  ),
  row(
    'SCHEDULE_LIMIT',
    409,
    true,
    'There are too many schedules',
    'The limit is 1,000: delete those that are not needed.',
  ),
  row('METHOD_NOT_ALLOWED', 405, false, 'The route does not have this method', '/docs lists all routes.'),
  row(
    'DEPENDENCY_UNKNOWN',
    409,
    false,
    'A dependency does not exist',
    'Submit the tasks it depends on first, or say `if_unknown: await`.',
  ),
  row(
    'DEPENDENCY_CYCLE',
    409,
    false,
    'The tasks would wait for one another',
    'Take one of the dependencies away.',
  ),
  row(
    'TASK_LOOP',
    409,
    false,
    'The task would go round in circles',
    'An agent keeps submitting subtasks of its own task; GET /v1/tasks/{id} of the tasks named shows why.',
  ),
  row('TASK_ENDED', 409, false, 'The task has already ended', 'Nothing to do; GET /v1/tasks/{id} shows how.'),
  row('TASK_NOT_ENDED', 409, false, 'The task has not ended yet', 'Wait for it or cancel it first.'),
  row(
    'WORKFLOW_EXISTS',
    409,
    false,
    'There is another workflow of this id',
    'Choose another `workflow_id`, or leave it out to get a new one.',
  ),
  row(
    'DEAD_LETTER_STUCK',
    409,
    false,
    'The dead letter cannot be put back',
    'Nobody would get it: it has expired, or the stream it came from is gone. Discard it.',
  ),
  row(
    'ASSIGNMENT_STALE',
    409,
    false,
    'The task is no longer this agent’s under this epoch',
    'Stop working on it; its result cannot be accepted.',
  ),
  row(
    'IDEMPOTENCY_CONFLICT',
    409,
    false,
    'The idempotency key was used with another body',
    'Use a new key for a new request.',
  ),
  row(
    'NO_RECIPIENT',
    409,
    true,
    'Nobody has this address now',
    'Start an agent of that role, or address another.',
  ),
  row(
    'AGENT_ID_TAKEN',
    409,
    true,
    'Another agent lives under this id',
    'End the other one first, or register without an agent_id to get a new one.',
  ),
  row(
    'SPAWN_LIMIT',
    409,
    true,
    'The limit of running agents is reached',
    'Terminate one, or raise max_instances of the template or the spawner’s limit.',
  ),
  row(
    'PAYLOAD_TOO_LARGE',
    413,
    false,
    'Something in the request is too large',
    'The limit is 256 KiB (results: 64 KiB). Put the content into a file and send its path.',
  ),
  row(
    'MEDIA_TYPE',
    415,
    false,
    'The content type is not supported',
    'Send `content-type: application/json`.',
  ),
  row(
    'OVERLOADED',
    429,
    true,
    'Too much at once',
    'Try again after the seconds named in the header Retry-After.',
  ),
  row(
    'INTERNAL',
    500,
    true,
    'Something went wrong inside',
    'The log of the service has the details under the id in `instance`.',
  ),
  row(
    'BROKER_UNAVAILABLE',
    503,
    true,
    'The broker cannot be reached',
    'Is it running? `nova-torch doctor` says what is wrong. Repeating is safe with an Idempotency-Key.',
  ),
  row(
    'JOURNAL_UNAVAILABLE',
    503,
    true,
    'The task cannot be written to the journal',
    'Is the disk of the gateway full? `nova-torch journal verify` looks at it. `durability: memory` does without.',
  ),
  row(
    'NO_ANSWER',
    503,
    true,
    'The service that owns the answer did not answer in time',
    'Whether it was done is unknown; repeating is safe. GET /health shows which service is missing.',
  ),
] as const satisfies readonly ErrorRow[];

export type ErrorCode = (typeof ERRORS)[number]['code'];
export const ErrorCode = z.enum(ERRORS.map(({ code }) => code) as [ErrorCode, ...ErrorCode[]]);

const byCode = new Map<string, ErrorRow>(ERRORS.map((error) => [error.code, error]));

/** The row of a code. */
export function errorRow(code: ErrorCode): ErrorRow {
  const found = byCode.get(code);
  if (!found) throw new RangeError(`no error ${code} in the table`);
  return found;
}

/** An error of the table, with what is particular to this case. The only error type that crosses a service's edge. */
export class NovaError extends Error {
  override readonly name = 'NovaError';
  readonly code: ErrorCode;
  /** The field of the request it is about, as a JSON pointer without the leading slash. */
  readonly field: string | undefined;
  /** When the same request would be taken, in ms from now; undefined if that is not known. */
  readonly retryAfterMs: number | undefined;
  constructor(
    code: ErrorCode,
    detail: string,
    options: { field?: string | undefined; retryAfterMs?: number | undefined; cause?: unknown } = {},
  ) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.field = options.field;
    this.retryAfterMs = options.retryAfterMs;
  }
}
