// How tasks get to the task-router: plain ones are put on its stream, those with dependencies are asked about.
import {
  NovaError,
  PAYLOAD_BYTES_MAX,
  type Priority,
  type TaskId,
  type TaskSpec,
  TaskStateV1,
  TaskSubmittedV1,
  type TaskView,
} from '@nova-torch/protocol';
import { PayloadTooLargeError } from '@nova-torch/streams';
import type { GatewayDeps } from './deps.ts';
import type { Principal } from './domain/principal.ts';
import { tooLarge } from './http/read-body.ts';
import { type Reserved, reservedId } from './store/idempotency-store.ts';

type SubmitDeps = Pick<GatewayDeps, 'asking' | 'streams' | 'idempotency' | 'metrics' | 'queue'>;

/** One task to submit: what was asked for, the body as it came, and the id it gets unless its key was used before. */
export interface Submission {
  spec: TaskSpec;
  body: unknown;
  taskId: TaskId;
  key: string | undefined;
}

export interface AcceptedTask {
  task_id: TaskId;
  status: 'accepted' | TaskView['status'];
  durability: 'memory';
}

/**
 * Submits one task. Throws what the task-router refused it with, IDEMPOTENCY_CONFLICT, PAYLOAD_TOO_LARGE, NO_ANSWER or
 * the broker's error; after the last two a repeat under the same key is safe.
 */
export async function submitTask(
  deps: SubmitDeps,
  principal: Principal,
  submission: Submission,
): Promise<AcceptedTask> {
  const [taskId] = await reserveTaskIds(deps, principal, [submission]);
  if (taskId === undefined || taskId instanceof NovaError) throw taskId ?? new Error('no id was reserved');
  return sendTask(deps, principal, submission.spec, taskId);
}

/**
 * The ids to go on with, in order; the error for a submission whose key was used with another body, or whose priority is
 * refused while too many wait for the router. Throws OVERLOADED when that is so for all of them.
 */
export async function reserveTaskIds(
  { idempotency, metrics, queue }: SubmitDeps,
  principal: Principal,
  submissions: readonly Submission[],
): Promise<(TaskId | NovaError)[]> {
  const shed = submissions.map(({ spec }) => shedding(queue, metrics, spec.priority));
  const [first] = shed;
  if (first !== undefined && !shed.includes(undefined)) throw first;
  const keyed = submissions.flatMap(({ key, body, taskId }, index) =>
    key === undefined || shed[index] !== undefined ? [] : [{ key, body, id: taskId }],
  );
  if (keyed.length === 0) return submissions.map(({ taskId }, index) => shed[index] ?? taskId);
  const reserved = await idempotency.reserve('task', principal.name, keyed);
  const byKey = new Map(keyed.map(({ key }, index) => [key, reserved[index]]));
  return submissions.map(({ key, taskId }, index) => {
    const refusal = shed[index];
    if (refusal !== undefined) return refusal;
    if (key === undefined) return taskId;
    const found = byKey.get(key);
    countRepeat(metrics, found);
    try {
      return reservedId(found, key) as TaskId;
    } catch (error) {
      if (error instanceof NovaError) return error;
      throw error;
    }
  });
}

function shedding(
  queue: SubmitDeps['queue'],
  metrics: SubmitDeps['metrics'],
  priority: Priority,
): NovaError | undefined {
  const refusal = queue.refusalOf(priority);
  if (refusal === undefined) return undefined;
  metrics.refused.inc({ limit: 'queue' });
  metrics.shed.inc({ priority });
  return refusal;
}

function countRepeat(metrics: SubmitDeps['metrics'], reserved: Reserved | undefined): void {
  if (reserved === undefined || (reserved.ok && !reserved.repeated)) return;
  metrics.idempotentRepeats.inc({ outcome: reserved.ok ? 'repeated' : 'conflict' });
}

/** Sends a task under its id. Sending it again changes nothing: the router knows the id. */
export async function sendTask(
  { asking, streams }: SubmitDeps,
  principal: Principal,
  spec: TaskSpec,
  taskId: TaskId,
): Promise<AcceptedTask> {
  const message = submissionMessage(streams, principal, spec, taskId);
  try {
    if (spec.dependencies.length === 0) {
      await asking.tell(message);
      return { task_id: taskId, status: 'accepted', durability: 'memory' };
    }
    const payload = { ...message.payload, answer: true };
    const { task } = await asking.ask({ ...message, payload, answer: TaskStateV1 });
    return { task_id: task.task_id, status: task.status, durability: 'memory' };
  } catch (error) {
    throw explainSize(error, spec);
  }
}

/** The message that submits a task. */
export function submissionMessage(
  streams: GatewayDeps['streams'],
  principal: Principal,
  spec: TaskSpec,
  taskId: TaskId,
) {
  return {
    stream: streams.tasksQueue,
    target: 'task-router',
    sender: principal.name,
    definition: TaskSubmittedV1,
    payload: { task_id: taskId, spec, submitter: principal.name, answer: false },
    priority: spec.priority,
  };
}

/** A message that is too large because of what the request holds, as the request's own error. */
export function explainSize(error: unknown, content: unknown): unknown {
  return error instanceof PayloadTooLargeError ? tooLarge(content, error.bytes, PAYLOAD_BYTES_MAX) : error;
}
