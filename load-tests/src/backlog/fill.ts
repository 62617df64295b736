// A backlog: tasks for a role that nobody has, taken in by the real router.
import {
  codec,
  newMessage,
  newTaskId,
  ownedKeys,
  type Priority,
  streamKeys,
  type TaskId,
  TaskSpec,
  TaskSubmittedV1,
} from '@nova-torch/protocol';
import { asNumber, type Broker, createProducer } from '@nova-torch/streams';
import { eventually } from '@nova-torch/testing';

export const ROLE = 'backlog';
export const SUBMITTER = 'bench';
/** The line in which the backlog waits. */
export const LINE = `${ownedKeys(0, 'task-router')}:waiting:${ROLE}|||low|${SUBMITTER}`;
const BATCH = 256;
/** Submissions the router has not written yet, at most: the stream stays small beside what is measured. */
const AHEAD_MAX = 10_000;
/** A stream counts as trimmed when so few entries are left in it. */
const LEFT_MAX = 1_000;
const SETTLE_WITHIN_MS = 120_000;

const specOf = (number: number, priority: Priority) => ({
  title: `task ${number}`,
  role: ROLE,
  priority,
  inputs: { number, text: 'x'.repeat(100) },
});

/** The submission of a task of the backlog's class. */
export function submissionOf(number: number, priority: Priority) {
  const nowMs = Date.now();
  const taskId = newTaskId(0, nowMs);
  const spec = TaskSpec.parse(specOf(number, priority));
  const payload = { task_id: taskId, spec, submitter: SUBMITTER, answer: false };
  const message = newMessage(TaskSubmittedV1, payload, { sender: SUBMITTER, target: 'task-router', nowMs });
  return { taskId, stream: streamKeys(0).tasksQueue, message };
}

export interface Filled {
  /** Of task number n at place n. */
  readonly ids: readonly TaskId[];
  readonly seconds: number;
  /** What a submitter says of a task, as JSON, in bytes on average. */
  readonly payload_bytes: number;
}

/** Submits `count` low tasks, numbered from 0, and resolves when the router has written all and the queue is trimmed. */
export async function fillBacklog(broker: Broker, count: number): Promise<Filled> {
  const producer = createProducer(broker, codec);
  const timers = `${ownedKeys(0, 'task-router')}:timers`;
  const written = async () => asNumber(await broker.call('ZCARD', timers));
  const before = await written();
  const untilWritten = async (wanted: number): Promise<void> => {
    const holds = async () => (await written()) - before >= wanted;
    await eventually(holds, { timeoutMs: SETTLE_WITHIN_MS, everyMs: 2, what: `${wanted} tasks written` });
  };
  const ids: TaskId[] = [];
  let payloadBytes = 0;
  const startedAt = performance.now();
  while (ids.length < count) {
    const size = Math.min(BATCH, count - ids.length);
    const batch = Array.from({ length: size }, (_, i) => submissionOf(ids.length + i, 'low'));
    for (let i = 0; i < size; i += 1)
      payloadBytes += Buffer.byteLength(JSON.stringify(specOf(ids.length + i, 'low')));
    await producer.publishAll(batch);
    for (const { taskId } of batch) ids.push(taskId);
    await untilWritten(ids.length - AHEAD_MAX);
  }
  await untilWritten(count);
  const seconds = (performance.now() - startedAt) / 1_000;
  await untilTrimmed(broker);
  return { ids, seconds, payload_bytes: payloadBytes / count };
}

/** Resolves when the streams through which tasks go hold next to nothing: what is left in memory then is what waits. */
export async function untilTrimmed(broker: Broker): Promise<void> {
  const { tasksQueue, tasksReports, tasksCompleted } = streamKeys(0);
  const holds = async (): Promise<boolean> => {
    const lengths = await broker.batch(
      [tasksQueue, tasksReports, tasksCompleted].map((key) => ['XLEN', key] as const),
    );
    return lengths.every((length) => asNumber(length) <= LEFT_MAX);
  };
  await eventually(holds, { timeoutMs: SETTLE_WITHIN_MS, everyMs: 100, what: 'the streams to be trimmed' });
}

/** Rejects when nothing waits any more: what was measured beside a backlog was measured without one. */
export async function assertBacklogged(broker: Broker): Promise<void> {
  if (asNumber(await broker.call('ZCARD', LINE)) === 0)
    throw new Error('the backlog was worked off before the measurement ended: take more tasks');
}
