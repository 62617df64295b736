import { type AgentId, InboxRangV1, type Message, newMessage, type TaskId } from '@nova-torch/protocol';
import type { Draft } from '../domain/draft.ts';
import { type Indexes, indexesOf, NOWHERE } from '../domain/indexes.ts';
import type { Letter } from '../domain/letters.ts';
import type { TaskRecord } from '../domain/task-record.ts';
import type { Effect, WriteItem } from './apply-transitions.ts';
import type { RouterKeys } from './keys.ts';
import { DESCENDANTS_FIELD, fieldsOf, removedFieldsOf } from './record-fields.ts';

export interface Pen {
  readonly keys: RouterKeys;
  /** Sender of the messages. */
  readonly instance: string;
  readonly nowMs: number;
  /** Rings made already: one is enough for all letters an agent gets in one write. */
  readonly rings: Map<AgentId, string>;
}

/** What goes with a transition besides what follows from the record. */
export interface Attachment {
  /** Unique per write. */
  readonly op: string;
  /** Slots of the agent that is given the task. */
  readonly capacity?: number | undefined;
  /** Tasks whose end this one must be told of. */
  readonly blockedBy?: readonly TaskId[];
}

/** The write of a decision: record, history, the difference of the indexes, messages. */
export function transitionItem(
  draft: Draft,
  pen: Pen,
  { op, capacity, blockedBy = [] }: Attachment,
): WriteItem {
  const { before, record } = draft;
  const key = pen.keys.task(record.task_id);
  const had = before === undefined ? NOWHERE : indexesOf(before);
  const has = indexesOf(record);
  const effects: Effect[] = [{ command: 'HSET', key, args: fieldsOf(draft, op) }];
  const removed = removedFieldsOf(draft);
  if (removed.length > 0) effects.push({ command: 'HDEL', key, args: removed });
  if (before === undefined) effects.push(...firstEffects(record, pen.keys));
  effects.push(...indexEffects(record.task_id, had, has, pen.keys));
  for (const dependency of blockedBy) {
    effects.push({
      command: 'LINK',
      key: pen.keys.dependents(dependency),
      with: pen.keys.task(dependency),
      args: [dependency, record.task_id],
    });
  }
  if (has.endedAtMs !== undefined && had.endedAtMs === undefined) {
    effects.push({ command: 'SETTLED', key: pen.keys.dependents(record.task_id), args: [record.task_id] });
  }
  for (const letter of draft.letters) effects.push(...letterEffects(letter, pen, record.traceparent));
  const gives =
    had.held !== undefined && had.held.agentId !== has.held?.agentId ? had.held.agentId : undefined;
  const takes =
    has.held !== undefined && has.held.agentId !== had.held?.agentId ? has.held.agentId : undefined;
  return {
    record: {
      key,
      op,
      expect: before === undefined ? 'none' : { state: before.state, epoch: before.epoch, seq: before.seq },
    },
    ...(takes === undefined
      ? {}
      : { inbox: pen.keys.inbox(takes), take: { agentId: takes, capacity: capacity ?? 1 } }),
    ...(gives === undefined ? {} : { giveBack: gives }),
    effects,
  };
}

/** What a new task adds besides its record and its places: its id in the list of all, and one more below its root. */
function firstEffects({ task_id: taskId, lineage }: TaskRecord, keys: RouterKeys): Effect[] {
  const listed: Effect = { command: 'ZADD', key: keys.index, args: [0, taskId] };
  if (lineage === undefined) return [listed];
  return [listed, { command: 'COUNT', key: keys.task(lineage.root), args: [DESCENDANTS_FIELD, 1] }];
}

/** Moves a task from where it stood in the indexes to where it must stand. */
export function indexEffects(taskId: TaskId, had: Indexes, has: Indexes, keys: RouterKeys): Effect[] {
  const effects: Effect[] = [];
  const place = (key: string, from: number | undefined, to: number | undefined): void => {
    if (from === to) return;
    if (to === undefined) effects.push({ command: 'ZREM', key, args: [taskId] });
    else effects.push({ command: 'ZADD', key, args: [to, taskId] });
  };
  const [from, to] = [had.waiting, has.waiting];
  if (from !== undefined && from.className !== to?.className) {
    effects.push({ command: 'ZREM', key: keys.waiting(from.className), args: [taskId] });
  }
  if (to !== undefined && (from?.className !== to.className || from.score !== to.score)) {
    effects.push({ command: 'ZADD', key: keys.waiting(to.className), args: [to.score, taskId] });
    effects.push({ command: 'SADD', key: keys.classes, args: [to.className] });
  }
  place(keys.timers, had.dueMs, has.dueMs);
  place(keys.active, had.held?.sinceMs, has.held?.sinceMs);
  place(keys.ended, had.endedAtMs, has.endedAtMs);
  return effects;
}

/** Messages to agents and feeds that belong to no record, such as the answer to a stale report. */
export function lettersItem(
  letters: readonly Letter[],
  pen: Pen,
  traceparent: string | undefined,
): WriteItem {
  return { effects: letters.flatMap((letter) => letterEffects(letter, pen, traceparent)) };
}

/** Puts a record's index entries right, if the record is still as it was read. */
export function repairItem(record: TaskRecord, had: Indexes, keys: RouterKeys): WriteItem {
  const { state, epoch, seq, task_id: taskId } = record;
  return {
    record: { key: keys.task(taskId), expect: { state, epoch, seq } },
    effects: indexEffects(taskId, had, indexesOf(record), keys),
  };
}

/** Removes index entries of a task that has no record. */
export function clearItem(taskId: TaskId, had: Indexes, keys: RouterKeys): WriteItem {
  return {
    record: { key: keys.task(taskId), expect: 'none' },
    effects: [
      ...indexEffects(taskId, had, NOWHERE, keys),
      { command: 'ZREM', key: keys.index, args: [taskId] },
    ],
  };
}

/** Forgets an ended task. */
export function forgetItem(record: TaskRecord, keys: RouterKeys): WriteItem {
  const { state, epoch, seq, task_id: taskId } = record;
  return {
    record: { key: keys.task(taskId), expect: { state, epoch, seq } },
    effects: [
      ...indexEffects(taskId, indexesOf(record), NOWHERE, keys),
      { command: 'ZREM', key: keys.index, args: [taskId] },
      { command: 'DEL', key: keys.task(taskId), args: [] },
    ],
  };
}

function letterEffects(
  { to, definition, payload }: Letter,
  pen: Pen,
  traceparent: string | undefined,
): Effect[] {
  const { keys, instance, nowMs } = pen;
  const envelope = { sender: instance, nowMs, traceparent };
  if (typeof to === 'string') {
    const message = newMessage(definition, payload, { ...envelope, target: 'all' });
    return [{ command: 'XADD', key: keys.streams[to], args: ['*', 'm', JSON.stringify(message)] }];
  }
  const message = newMessage(definition, payload, { ...envelope, target: to.inbox });
  // The inbox is the registry's: a letter to an agent that is gone must not make it again.
  return [
    { command: 'XADD', key: keys.inbox(to.inbox), args: ['NOMKSTREAM', '*', 'm', JSON.stringify(message)] },
    { command: 'RING', key: keys.streams.agentsDoorbell, args: [to.inbox, ring(to.inbox, pen)] },
  ];
}

function ring(agentId: AgentId, { instance, nowMs, rings }: Pen): string {
  const made = rings.get(agentId);
  if (made !== undefined) return made;
  const fields = { sender: instance, target: 'all', nowMs };
  const message: Message = newMessage(InboxRangV1, { agent_id: agentId }, fields);
  const json = JSON.stringify(message);
  rings.set(agentId, json);
  return json;
}
