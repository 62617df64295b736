// Sends kept tasks to the task-router again: those that had not ended as they were submitted, under their ids, which it
// ignores if it has them; ended ones as they ended.
import type { KeptTask } from '@nova-torch/journal';
import {
  type Message,
  newMessage,
  type StreamKeys,
  type TaskId,
  TaskRestoredV1,
  type TaskSpec,
  TaskSubmittedV1,
  type TerminalState,
} from '@nova-torch/protocol';
import { type Broker, countWaiting, PayloadTooLargeError, type Producer } from '@nova-torch/streams';
import { holdReservations } from '../store/idempotency-store.ts';

/** Messages in one round trip. */
export const SENT_AT_ONCE = 256;
/** Submissions that may wait for the router before more are sent. */
const WAITING_MAX = 20_000;
const LOOK_AGAIN_MS = 20;
/** Who takes submissions. */
export const ROUTER_GROUP = 'task-router';

export interface SendAgainOptions {
  readonly broker: Broker;
  readonly producer: Producer<Message>;
  readonly streams: StreamKeys;
  readonly instance: string;
  /** How long an idempotency key is remembered, in ms. */
  readonly reservationTtlMs: number;
}

export interface SentAgain {
  readonly submitted: number;
  readonly restored: number;
  /** Not sent: nobody was told of them, and their request has become another task meanwhile. */
  readonly superseded: readonly string[];
}

/**
 * Sends tasks, in order, in batches; resolves when the broker has them. `unanswered` are those whose request got no answer
 * yet: one that was repeated under its idempotency key, and accepted as another task because the broker had lost the
 * key, is not sent, or one request would become two tasks. Rejects with the broker's error.
 */
export async function sendAgain(
  tasks: readonly KeptTask[],
  unanswered: ReadonlySet<string>,
  options: SendAgainOptions,
): Promise<SentAgain> {
  const counts = { submitted: 0, restored: 0 };
  const superseded: string[] = [];
  for (let from = 0; from < tasks.length; from += SENT_AT_ONCE) {
    await untilTaken(options);
    const batch = tasks.slice(from, from + SENT_AT_ONCE);
    const taken = await takenKeys(batch, options);
    const messages: Message[] = [];
    for (const kept of batch) {
      const { task_id } = kept.task;
      if (kept.end === undefined && taken.has(task_id) && unanswered.has(task_id)) {
        superseded.push(task_id);
        continue;
      }
      const message = messageOf(kept, options);
      if (message === undefined) continue;
      messages.push(message);
      counts[message.type === 'task.restored.v1' ? 'restored' : 'submitted'] += 1;
    }
    await publish(messages, options);
  }
  return { ...counts, superseded };
}

/** Reserves the keys of tasks again; answers with the tasks whose key stands for another one by now. */
async function takenKeys(
  tasks: readonly KeptTask[],
  { broker, reservationTtlMs }: SendAgainOptions,
): Promise<Set<string>> {
  const places = tasks.flatMap(({ task: { task_id, reservation } }) =>
    reservation === undefined ? [] : [{ task_id, ...reservation }],
  );
  const held = await holdReservations(broker, places, reservationTtlMs);
  return new Set(places.flatMap(({ task_id, value }, index) => (held[index] === value ? [] : [task_id])));
}

async function publish(
  messages: readonly Message[],
  { producer, streams }: Pick<SendAgainOptions, 'producer' | 'streams'>,
): Promise<void> {
  const stream = streams.tasksQueue;
  try {
    await producer.publishAll(messages.map((message) => ({ stream, message })));
  } catch (error) {
    if (!(error instanceof PayloadTooLargeError) || messages.length === 1) throw error;
    // An ended task with a large result: what it was asked for is of no use any more, the result is.
    await publish(messages.map(withoutContent), { producer, streams });
  }
}

function messageOf({ task, end }: KeptTask, { broker, instance }: SendAgainOptions): Message | undefined {
  const { task_id, submitter, submitted_at_ms, traceparent } = task;
  const spec = task.spec as unknown as TaskSpec;
  const fields = { target: 'task-router', nowMs: broker.serverNowMs(), traceparent, priority: spec.priority };
  if (end === undefined) {
    const payload = { task_id: task_id as TaskId, spec, submitter, submitted_at_ms, answer: false };
    return newMessage(TaskSubmittedV1, payload, { ...fields, sender: submitter }) as unknown as Message;
  }
  if (end.status === 'withdrawn' || end.status === 'forgotten') return undefined;
  const { task_id: _same, status, ended_at_ms, epoch, attempt, ...rest } = end;
  const payload = {
    ...{ task_id: task_id as TaskId, spec, submitter, submitted_at_ms },
    end: {
      ...(rest as object),
      ...{ status: status as TerminalState, ended_at_ms, epoch: Number(epoch), attempt: Number(attempt) },
    },
  };
  return newMessage(TaskRestoredV1, payload, { ...fields, sender: instance }) as unknown as Message;
}

function withoutContent(message: Message): Message {
  if (message.type !== 'task.restored.v1') return message;
  const spec = { ...message.payload.spec, description: '', context: {}, inputs: {} };
  return { ...message, payload: { ...message.payload, spec } };
}

/** Waits while the router has enough to do. */
async function untilTaken({ broker, streams }: SendAgainOptions): Promise<void> {
  while ((await countWaiting(broker, streams.tasksQueue, ROUTER_GROUP)) > WAITING_MAX) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}
