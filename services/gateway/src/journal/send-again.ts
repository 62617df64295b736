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
import {
  type Broker,
  type Command,
  countWaiting,
  PayloadTooLargeError,
  type Producer,
} from '@nova-torch/streams';

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

/** Sends tasks, in order, in batches; resolves when the broker has them. Rejects with the broker's error. */
export async function sendAgain(
  tasks: readonly KeptTask[],
  options: SendAgainOptions,
): Promise<{ readonly submitted: number; readonly restored: number }> {
  const counts = { submitted: 0, restored: 0 };
  for (let from = 0; from < tasks.length; from += SENT_AT_ONCE) {
    await untilTaken(options);
    const messages: Message[] = [];
    const reservations: Command[] = [];
    for (const kept of tasks.slice(from, from + SENT_AT_ONCE)) {
      const message = messageOf(kept, options);
      if (message === undefined) continue;
      messages.push(message);
      counts[message.type === 'task.restored.v1' ? 'restored' : 'submitted'] += 1;
      const { reservation } = kept.task;
      if (reservation === undefined) continue;
      const { key, value } = reservation;
      reservations.push(['SET', key, value, 'NX', 'PX', options.reservationTtlMs]);
    }
    await publish(messages, reservations, options);
  }
  return counts;
}

async function publish(
  messages: readonly Message[],
  reservations: readonly Command[],
  { producer, streams }: SendAgainOptions,
): Promise<void> {
  const stream = streams.tasksQueue;
  try {
    await producer.publishAllThen(
      messages.map((message) => ({ stream, message })),
      reservations,
    );
  } catch (error) {
    if (!(error instanceof PayloadTooLargeError) || messages.length === 1) throw error;
    // An ended task with a large result: what it was asked for is of no use any more, the result is.
    await publish(messages.map(withoutContent), reservations, { producer, streams } as SendAgainOptions);
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
