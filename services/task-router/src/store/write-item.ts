import {
  type AgentId,
  InboxRangV1,
  type Message,
  newMessage,
  TaskChangedV1,
  TaskCompletedV1,
  type TaskId,
} from '@nova-torch/protocol';
import { awaitedBy } from '../domain/dependencies.ts';
import type { Draft } from '../domain/draft.ts';
import { type Indexes, indexesOf, NOWHERE } from '../domain/indexes.ts';
import type { Letter } from '../domain/letters.ts';
import type { TaskRecord } from '../domain/task-record.ts';
import type { Effect, Frame, Frames, Places, WriteItem } from './apply-transitions.ts';
import { deadLetterEffect } from './dead-task.ts';
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
  readonly blockedBy?: readonly string[];
  /** The span its messages belong to, if not the task's own place. */
  readonly traceparent?: string | undefined;
}

/** The write of a decision: record, history, the difference of the indexes, messages. */
export function transitionItem(
  draft: Draft,
  pen: Pen,
  { op, capacity, blockedBy = [], traceparent }: Attachment,
): WriteItem {
  const { before, record } = draft;
  const key = pen.keys.task(record.task_id);
  const had = before === undefined ? NOWHERE : indexesOf(before);
  const has = indexesOf(record);
  const effects: Effect[] = [];
  const removed = removedFieldsOf(draft);
  if (removed.length > 0) effects.push({ command: 'HDEL', key, args: removed });
  if (before === undefined && record.lineage !== undefined)
    effects.push({ command: 'COUNT', key: pen.keys.task(record.lineage.root), args: [DESCENDANTS_FIELD, 1] });
  pushLineEffects(effects, record.task_id, had, has, pen.keys);
  const { workflow_id: workflowId } = record.spec;
  if (before === undefined && workflowId !== undefined) {
    effects.push({ command: 'ZADD', key: pen.keys.workflow(workflowId), args: [0, record.task_id] });
  }
  pushLinkEffects(effects, draft, blockedBy, pen.keys);
  const isNewJudge = before === undefined && record.live.judges !== undefined;
  if (isNewJudge || before?.live.judged_by !== record.live.judged_by)
    pushJudgingEffects(effects, draft, pen.keys);
  if (has.endedAtMs !== undefined && had.endedAtMs === undefined) {
    effects.push({ command: 'SETTLED', key: pen.keys.dependents(record.task_id), args: [record.task_id] });
  }
  if (draft.deadLetter !== undefined) effects.push(deadLetterEffect(record, draft.deadLetter, pen));
  const changes: string[] = [];
  const completed: string[] = [];
  for (const letter of draft.letters) {
    if (letter.to === 'tasksActive') changes.push(changeJson(letter, traceparent));
    else if (letter.to === 'tasksCompleted') completed.push(JSON.stringify(letter.payload));
    else pushLetterEffects(effects, letter, pen, traceparent ?? record.traceparent);
  }
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
    // A judging task is written with the claim it judges, which has noted that it waits for it, or not at all.
    ...(isNewJudge ? { mustExist: pen.keys.dependents(record.task_id), follows: true } : {}),
    ...(takes === undefined
      ? {}
      : { inbox: pen.keys.inbox(takes), take: { agentId: takes, capacity: capacity ?? 1 } }),
    ...(gives === undefined ? {} : { giveBack: gives }),
    task: record.task_id,
    places: before === undefined ? { ...placesOf(had, has), index: 0 } : placesOf(had, has),
    fields: fieldsOf(draft, op),
    changes,
    completed,
    effects,
  };
}

const changeJson = ({ payload }: Letter, traceparent: string | undefined): string =>
  JSON.stringify(traceparent === undefined ? payload : { ...(payload as object), traceparent });

/** Notes a claim with the task that judges it, and that task with the claim: each is told of the end of the other. */
function pushJudgingEffects(effects: Effect[], { before, record }: Draft, keys: RouterKeys): void {
  const { task_id: taskId, live } = record;
  const link = (of: TaskId, waiter: TaskId): Effect => ({
    command: 'LINK',
    key: keys.dependents(of),
    with: keys.task(of),
    args: [of, waiter, 'await'],
  });
  if (before === undefined && live.judges !== undefined) effects.push(link(live.judges.task_id, taskId));
  if (before?.live.judged_by !== undefined)
    effects.push({ command: 'SREM', key: keys.dependents(before.live.judged_by), args: [taskId] });
  if (live.judged_by !== undefined) effects.push(link(live.judged_by, taskId));
}

/**
 * Notes a blocked task with what it waits for, and takes that back when it waits no more: an awaited task that never comes
 * would keep its list for ever.
 */
function pushLinkEffects(
  effects: Effect[],
  { before, record }: Draft,
  blockedBy: readonly string[],
  keys: RouterKeys,
): void {
  if (blockedBy.length > 0) {
    const awaited = new Set<string>(awaitedBy(record));
    if (record.live.held_for !== undefined) awaited.add(record.live.held_for);
    for (const dependency of blockedBy) {
      effects.push({
        command: 'LINK',
        key: keys.dependents(dependency),
        with: keys.task(dependency),
        args: [dependency, record.task_id, ...(awaited.has(dependency) ? ['await'] : [])],
      });
    }
  }
  if (before?.state === 'blocked' && record.state !== 'blocked') {
    const { held_for: hold } = before.live;
    for (const dependency of [...awaitedBy(before), ...(hold === undefined ? [] : [hold])]) {
      effects.push({ command: 'SREM', key: keys.dependents(dependency), args: [record.task_id] });
    }
  }
}

/** From where a task stood in the indexes of all tasks to where it must stand. */
function placesOf(had: Indexes, has: Indexes): Places {
  const places: { -readonly [index in keyof Places]: Places[index] } = {};
  if (had.dueMs !== has.dueMs) places.timers = has.dueMs ?? null;
  if (had.held?.sinceMs !== has.held?.sinceMs) places.active = has.held?.sinceMs ?? null;
  if (had.endedAtMs !== has.endedAtMs) places.ended = has.endedAtMs ?? null;
  return places;
}

/** Moves a task from the line in which it waited to the one in which it must wait. */
function pushLineEffects(
  effects: Effect[],
  taskId: TaskId,
  { waiting: from }: Indexes,
  { waiting: to }: Indexes,
  keys: RouterKeys,
): void {
  if (from !== undefined && from.className !== to?.className) {
    effects.push({ command: 'ZREM', key: keys.waiting(from.className), args: [taskId] });
  }
  if (to !== undefined && (from?.className !== to.className || from.score !== to.score)) {
    effects.push({ command: 'ZADD', key: keys.waiting(to.className), args: [to.score, taskId] });
    effects.push({ command: 'SADD', key: keys.classes, args: [to.className] });
  }
}

/** Messages to agents and feeds that belong to no record, such as the answer to a stale report. */
export function lettersItem(
  letters: readonly Letter[],
  pen: Pen,
  traceparent: string | undefined,
): WriteItem {
  const effects: Effect[] = [];
  for (const letter of letters) pushLetterEffects(effects, letter, pen, traceparent);
  return { effects };
}

/** Puts a record's index entries right, if the record is still as it was read. */
export function repairItem(record: TaskRecord, had: Indexes, keys: RouterKeys): WriteItem {
  const { state, epoch, seq, task_id: taskId } = record;
  const has = indexesOf(record);
  const effects: Effect[] = [];
  pushLineEffects(effects, taskId, had, has, keys);
  return {
    record: { key: keys.task(taskId), expect: { state, epoch, seq } },
    task: taskId,
    places: placesOf(had, has),
    effects,
  };
}

/** Removes index entries of a task that has no record. */
export function clearItem(taskId: TaskId, had: Indexes, keys: RouterKeys): WriteItem {
  const effects: Effect[] = [];
  pushLineEffects(effects, taskId, had, NOWHERE, keys);
  return {
    record: { key: keys.task(taskId), expect: 'none' },
    task: taskId,
    places: { ...placesOf(had, NOWHERE), index: null },
    effects,
  };
}

/** Forgets an ended task. */
export function forgetItem(record: TaskRecord, keys: RouterKeys): WriteItem {
  const { state, epoch, seq, task_id: taskId } = record;
  const had = indexesOf(record);
  const effects: Effect[] = [{ command: 'DEL', key: keys.task(taskId), args: [] }];
  pushLineEffects(effects, taskId, had, NOWHERE, keys);
  const { workflow_id: workflowId } = record.spec;
  if (workflowId !== undefined) {
    effects.push({ command: 'ZREM', key: keys.workflow(workflowId), args: [taskId] });
  }
  return {
    record: { key: keys.task(taskId), expect: { state, epoch, seq } },
    task: taskId,
    places: { ...placesOf(had, NOWHERE), index: null },
    effects,
  };
}

function pushLetterEffects(
  effects: Effect[],
  { to, definition, payload }: Letter,
  { keys, instance, nowMs, rings }: Pen,
  traceparent: string | undefined,
): void {
  const envelope = { sender: instance, nowMs, traceparent };
  if (typeof to === 'string') {
    const message = newMessage(definition, payload, { ...envelope, target: 'all' });
    effects.push({ command: 'XADD', key: keys.streams[to], args: ['*', 'm', JSON.stringify(message)] });
    return;
  }
  const json = JSON.stringify(newMessage(definition, payload, { ...envelope, target: to.inbox }));
  // The inbox is the registry's: a letter to an agent that is gone must not make it again.
  effects.push(
    { command: 'XADD', key: keys.inbox(to.inbox), args: ['NOMKSTREAM', '*', 'm', json] },
    {
      command: 'RING',
      key: keys.streams.agentsDoorbell,
      args: [to.inbox, ring(to.inbox, { instance, nowMs, rings })],
    },
  );
}

/** The messages that carry what is gathered in one call. */
export function framesOf(instance: string, nowMs: number): Frames {
  const fields = { sender: instance, target: 'all', nowMs };
  return {
    changes: frameOf(newMessage(TaskChangedV1, { changes: [] }, fields)),
    completed: frameOf(newMessage(TaskCompletedV1, { tasks: [] }, fields)),
  };
}

/** What of a message stands before its only list, and what after it. */
function frameOf({ payload, ...head }: Message): Frame {
  const [before = '', after = ''] = JSON.stringify({ ...head, payload }).split('[]');
  return [`${before}[`, `]${after}`];
}

function ring(agentId: AgentId, { instance, nowMs, rings }: Omit<Pen, 'keys'>): string {
  const made = rings.get(agentId);
  if (made !== undefined) return made;
  const fields = { sender: instance, target: 'all', nowMs };
  const message: Message = newMessage(InboxRangV1, { agent_id: agentId }, fields);
  const json = JSON.stringify(message);
  rings.set(agentId, json);
  return json;
}
