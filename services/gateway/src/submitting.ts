// How tasks get to the task-router: plain ones are put on its stream, those with dependencies or a parent are asked about.
import type { Reservation } from '@nova-torch/journal';
import {
  type Durability,
  NovaError,
  PAYLOAD_BYTES_MAX,
  type Priority,
  type TaskId,
  type TaskSpec,
  TaskStateV1,
  TaskSubmittedV1,
  type TaskView,
} from '@nova-torch/protocol';
import { currentTraceparent } from '@nova-torch/service-kit';
import { PayloadTooLargeError } from '@nova-torch/streams';
import type { GatewayDeps } from './deps.ts';
import type { Principal } from './domain/principal.ts';
import { untimely } from './domain/untimely.ts';
import { tooLarge } from './http/read-body.ts';
import { type Kept, NOT_KEPT } from './journal/intake.ts';
import { type Reserved, reservedId } from './store/idempotency-store.ts';

type SubmitDeps = Pick<
  GatewayDeps,
  'asking' | 'streams' | 'idempotency' | 'metrics' | 'queue' | 'broker' | 'journal'
>;

/** One task to submit: what was asked for, the body as it came, and the id it gets unless its key was used before. */
export interface Submission {
  spec: TaskSpec;
  body: unknown;
  taskId: TaskId;
  key: string | undefined;
}

/** The id a submission goes on with, and where its idempotency key is stored. */
export interface Admitted {
  readonly taskId: TaskId;
  readonly reservation: Reservation | undefined;
}

export interface AcceptedTask {
  task_id: TaskId;
  status: 'accepted' | TaskView['status'];
  durability: Durability;
}

/**
 * Submits one task. Throws what the task-router refused it with, IDEMPOTENCY_CONFLICT, PAYLOAD_TOO_LARGE,
 * JOURNAL_UNAVAILABLE, NO_ANSWER or the broker's error; after the last two a repeat under the same key is safe.
 */
export async function submitTask(
  deps: SubmitDeps,
  principal: Principal,
  submission: Submission,
): Promise<AcceptedTask> {
  const [admitted] = await reserveTaskIds(deps, principal, [submission]);
  if (admitted === undefined || admitted instanceof NovaError)
    throw admitted ?? new Error('no id was reserved');
  const spec = withDurability(deps, submission.spec);
  const kept = await keepTasks(deps, principal, [{ spec, ...admitted }]);
  return sendTask(deps, principal, { spec, taskId: admitted.taskId }, kept);
}

/** A task with the durability it gets. */
export const withDurability = ({ journal }: Pick<GatewayDeps, 'journal'>, spec: TaskSpec): TaskSpec => ({
  ...spec,
  durability: spec.durability ?? journal.intake.usual,
});

/** Keeps those of the tasks that ask for it. Throws JOURNAL_UNAVAILABLE, or the broker's error: then none is sent. */
export async function keepTasks(
  { journal, broker }: Pick<SubmitDeps, 'journal' | 'broker'>,
  principal: Principal,
  tasks: readonly ({ readonly spec: TaskSpec } & Admitted)[],
): Promise<Kept> {
  const wanted = tasks.filter(({ spec }) => spec.durability === 'journal');
  if (wanted.length === 0) return NOT_KEPT;
  // While the broker is away nothing is kept that could not be sent: it would be unknown what becomes of it.
  if (!broker.status().connected) await broker.call('PING');
  const common = { submitted_at_ms: broker.serverNowMs(), submitter: principal.name };
  const traceparent = currentTraceparent();
  return journal.intake.keep(
    wanted.map(({ spec, taskId, reservation }) => ({
      ...common,
      ...{ task_id: taskId, spec, traceparent, reservation },
    })),
  );
}

/**
 * The ids to go on with, in order; the error for a submission whose key was used with another body, or whose priority is
 * refused while too many wait for the router, or that comes too late. Throws OVERLOADED when that is so for all of them.
 */
export async function reserveTaskIds(
  { idempotency, metrics, queue, broker }: SubmitDeps,
  principal: Principal,
  submissions: readonly Submission[],
): Promise<(Admitted | NovaError)[]> {
  const shed = submissions.map(({ spec }) => shedding(queue, metrics, spec.priority));
  const [first] = shed;
  if (first !== undefined && !shed.includes(undefined)) throw first;
  const refused: (NovaError | undefined)[] = [];
  const nowMs = broker.serverNowMs();
  for (const [index, { spec, key }] of submissions.entries()) {
    const late = shed[index] ?? untimely(spec, nowMs);
    // A repeat is the task it was, however late it comes.
    const repeats = late !== undefined && late !== shed[index] && key !== undefined;
    refused.push(repeats && (await idempotency.knows('task', principal.name, key)) ? undefined : late);
  }
  const keyed = submissions.flatMap(({ key, body, taskId }, index) =>
    key === undefined || refused[index] !== undefined ? [] : [{ key, body, id: taskId }],
  );
  const reserved = keyed.length === 0 ? [] : await idempotency.reserve('task', principal.name, keyed);
  const byKey = new Map(keyed.map(({ key }, index) => [key, reserved[index]]));
  return submissions.map(({ key, taskId }, index) => {
    const refusal = refused[index];
    if (refusal !== undefined) return refusal;
    if (key === undefined) return { taskId, reservation: undefined };
    const found = byKey.get(key);
    countRepeat(metrics, found);
    try {
      const id = reservedId(found, key) as TaskId;
      return { taskId: id, reservation: found?.ok ? found.at : undefined };
    } catch (error) {
      if (error instanceof NovaError) return error;
      throw error;
    }
  });
}

/** Why a priority is refused now; counted. */
export function shedding(
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

/** Counts what a key stood for already. */
export function countRepeat(metrics: SubmitDeps['metrics'], reserved: Reserved | undefined): void {
  if (reserved === undefined || (reserved.ok && !reserved.repeated)) return;
  metrics.idempotentRepeats.inc({ outcome: reserved.ok ? 'repeated' : 'conflict' });
}

/** Whether only the task-router can say if the task is taken: it knows its dependencies and its parent. */
export const isAsked = ({ dependencies, parent_task: parent }: TaskSpec): boolean =>
  dependencies.length > 0 || parent !== undefined;

/** Sends a task under its id. Sending it again changes nothing: the router knows the id. */
export async function sendTask(
  { asking, streams, broker }: SubmitDeps,
  principal: Principal,
  { spec, taskId }: { readonly spec: TaskSpec; readonly taskId: TaskId },
  kept: Kept,
): Promise<AcceptedTask> {
  const message = submissionMessage(streams, principal, spec, taskId);
  const { durability = 'memory' } = spec;
  try {
    if (!isAsked(spec)) {
      kept.sent(await asking.tellAll([message], kept.commands), [taskId]);
      return { task_id: taskId, status: 'accepted', durability };
    }
    const payload = { ...message.payload, answer: true };
    const { task } = await asking.ask({ ...message, payload, answer: TaskStateV1 });
    kept.sent([], [taskId]);
    // Whether the mark gets there is of no matter to this task: a later one raises it too.
    broker.batch(kept.commands).then(
      (replies) => kept.sent(replies, []),
      () => undefined,
    );
    return { task_id: task.task_id, status: task.status, durability };
  } catch (error) {
    kept.failed(error, [taskId]);
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
