// After a run: asks the platform what it says of every task, and puts it beside what agents and submitters recorded.
import { readFileSync } from 'node:fs';
import { NovaApiError, type NovaClient } from '@nova-torch/client';
import {
  codec,
  isHeld,
  isTerminal,
  STREAMS,
  streamKeys,
  type TaskChange,
  type TaskHistoryEntry,
} from '@nova-torch/protocol';
import { type Broker, deadLetterKey, deadLetters } from '@nova-torch/streams';
import type { HistoryEvent } from '@nova-torch/testing';
import type { TaskFeed } from './task-feed.ts';
import { KEY_LABEL } from './work.ts';

const AT_ONCE = 16;
const DEAD_LETTERS_MAX = 1_000;
const CALL_WITHIN_MS = 30_000;

type AgentEvent = Extract<HistoryEvent, { kind: 'start' | 'report' | 'result' }>;
type SubmitEvent = Extract<HistoryEvent, { kind: 'submit' }>;

/** A transition, whoever tells of it. */
type Move = Pick<TaskHistoryEntry, 'at_ms' | 'from' | 'to' | 'epoch' | 'reason'> & {
  readonly agent_id?: string | undefined;
};

/** What the platform says of a task at the end. */
interface Told {
  readonly history: readonly Move[];
  /** The run whose result it shows. */
  readonly run: string | undefined;
  readonly endedAtMs: number | undefined;
}

export interface Sources {
  readonly client: NovaClient;
  readonly broker: Broker;
  readonly feed: TaskFeed;
  /** What submitters recorded. */
  readonly asked: readonly HistoryEvent[];
  /** Files of the agent hosts. */
  readonly records: readonly string[];
  /** When the broker lost its data. */
  readonly losses: readonly number[];
}

/** The whole history. Rejects when the platform cannot tell it. */
export async function collectHistory(sources: Sources): Promise<HistoryEvent[]> {
  const { client, broker, feed, asked, records, losses } = sources;
  const idsOfKey = new Map<string, string[]>();
  for await (const { task_id, labels } of client.listTasks({}, { deadlineMs: CALL_WITHIN_MS })) {
    const key = labels[KEY_LABEL] ?? '';
    idsOfKey.set(key, [...(idsOfKey.get(key) ?? []), task_id]);
  }
  const acceptedIds = asked.flatMap((event) => (event.kind === 'submit' ? (event.task_id ?? []) : []));
  const ids = [...new Set([...acceptedIds, ...[...idsOfKey.values()].flat()])];
  const told = await askAll(ids, async (taskId) => {
    const answer = await ask(client, taskId);
    return answer ?? toldByFeed(feed.moves(taskId), losses);
  });
  const work = records.flatMap(readRecord);
  return [
    ...asked.flatMap((event): HistoryEvent[] =>
      event.kind === 'submit' ? withTasks(event, idsOfKey) : [event],
    ),
    ...[...told].flatMap(([taskId, task]) => [
      ...(losses.length > 0 ? lostEvents(taskId, feed.moves(taskId), task, losses) : []),
      ...platformEvents(taskId, task),
    ]),
    ...work.map((event) => answered(event, told.get(event.task_id), feed)),
    ...(await deadLetterEvents(broker)),
  ];
}

/** A submission without answer gets the tasks that carry its key; one with an answer also those it must not have. */
function withTasks(event: SubmitEvent, idsOfKey: ReadonlyMap<string, readonly string[]>): SubmitEvent[] {
  const found = (idsOfKey.get(event.key) ?? []).filter((taskId) => taskId !== event.task_id);
  const more = found.map((taskId) => ({ ...event, task_id: taskId }));
  return event.task_id === undefined && more.length > 0 ? more : [event, ...more];
}

async function askAll(
  ids: readonly string[],
  tell: (taskId: string) => Promise<Told>,
): Promise<Map<string, Told>> {
  const told = new Map<string, Told>();
  const left = ids.values();
  const askOn = async () => {
    for (const taskId of left) told.set(taskId, await tell(taskId));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, askOn));
  return told;
}

/** What the platform says of a task; undefined when it does not know it. */
async function ask(client: NovaClient, taskId: string): Promise<Told | undefined> {
  const options = { deadlineMs: CALL_WITHIN_MS };
  try {
    const [history, task] = await Promise.all([
      client.getTaskHistory(taskId, options),
      client.getTask(taskId, options),
    ]);
    return { history, run: runOf(task.result), endedAtMs: task.ended_at_ms };
  } catch (error) {
    if (error instanceof NovaApiError && error.code === 'TASK_UNKNOWN') return undefined;
    throw error;
  }
}

const NOTHING: Told = { history: [], run: undefined, endedAtMs: undefined };

/**
 * What the feed showed of a task the platform does not know any more: a journal keeps ended tasks for some minutes only, so
 * what ended long before the broker lost its data is forgotten with them. A task that had not ended is lost.
 */
function toldByFeed(moves: readonly TaskChange[], losses: readonly number[]): Told {
  const last = moves.at(-1);
  if (last === undefined || !isTerminal(last.to) || !losses.some((at) => at > last.at_ms)) return NOTHING;
  // What was before the task came anew is told by the losses in between.
  const from = moves.findLastIndex((move) => move.from === 'none');
  // A restored task ended, with its result, when it ended first.
  const ended = moves.find(({ to, reason }) => to === last.to && !isRestored(reason)) ?? last;
  return { history: moves.slice(Math.max(0, from)), run: runOf(ended.result), endedAtMs: ended.at_ms };
}

const isRestored = (reason: string): boolean => reason.startsWith('restored from a journal');

const runOf = (result: unknown): string | undefined => {
  const run = typeof result === 'object' && result !== null && 'run' in result ? result.run : undefined;
  return typeof run === 'string' ? run : undefined;
};

function platformEvents(task_id: string, { history, run, endedAtMs }: Told): HistoryEvent[] {
  let latestMs = 0;
  return history.flatMap(({ at_ms: saidMs, from, to, epoch, agent_id, reason }, index): HistoryEvent[] => {
    // Two routers' clocks may differ a little; the order of a task's history is that of its numbers.
    const at_ms = Math.max(latestMs, saidMs);
    latestMs = at_ms;
    const events: HistoryEvent[] = [];
    if (to === 'assigned')
      events.push({ kind: 'assign', at_ms, answer: 'ok', task_id, agent_id: agent_id ?? '', epoch });
    if (from !== 'none' && isHeld(from) && !isHeld(to))
      events.push({ kind: 'release', at_ms, task_id, epoch });
    if (isTerminal(to)) {
      // Of a restored end only the result is the old one; its epoch may be higher, so that nothing else is taken.
      const isShown = index === history.length - 1 && to === 'completed' && !isRestored(reason);
      const endedAt = isRestored(reason) ? (endedAtMs ?? at_ms) : at_ms;
      events.push({ kind: 'end', at_ms: endedAt, task_id, state: to, epoch, ...(isShown ? { run } : {}) });
    }
    return events;
  });
}

/** What the feed showed and the broker then lost. Nobody holds a task any more when the broker that knew it is gone. */
function lostEvents(
  task_id: string,
  moves: readonly Move[],
  { history }: Told,
  losses: readonly number[],
): HistoryEvent[] {
  const kept = new Set(history.map(({ to, epoch }) => `${to} ${epoch}`));
  const lost = moves.filter(({ to, epoch }) => !kept.has(`${to} ${epoch}`));
  if (lost.length === 0) return [];
  const events = platformEvents(task_id, { history: lost, run: undefined, endedAtMs: undefined });
  const gone = losses.map((at_ms): HistoryEvent => ({ kind: 'release', at_ms, task_id, epoch: 0 }));
  return [...events.map((event) => (event.kind === 'end' ? { ...event, lost: true } : event)), ...gone];
}

function readRecord(file: string): AgentEvent[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  // The last line of a host that was killed may be cut.
  return lines.flatMap((line) => (line.endsWith('}') ? [JSON.parse(line) as AgentEvent] : []));
}

/** Whether the platform took what an agent did, and under which epoch. */
function answered(event: AgentEvent, told: Told | undefined, feed: TaskFeed): AgentEvent {
  if (told === undefined) return event;
  const taken = takenEpoch(event, told, feed);
  return taken === undefined ? { ...event, answer: 'fail' } : { ...event, answer: 'ok', taken_epoch: taken };
}

function takenEpoch(event: AgentEvent, told: Told, feed: TaskFeed): number | undefined {
  const history = [...told.history, ...feed.moves(event.task_id)];
  if (event.kind === 'report') return feed.epochOfReport(event.run);
  if (event.kind === 'start') {
    const begun = history.find(
      ({ from, to, agent_id, epoch }) =>
        from === 'assigned' && to !== 'ready' && agent_id === event.agent_id && epoch === event.epoch,
    );
    return begun?.epoch;
  }
  const last = told.history.at(-1);
  if (event.outcome === 'completed') {
    if (told.run !== event.run || last?.to !== 'completed') return undefined;
    return isRestored(last.reason) ? event.epoch : last.epoch;
  }
  return history.find(({ reason }) => reason.includes(event.run))?.epoch;
}

async function deadLetterEvents(broker: Broker): Promise<HistoryEvent[]> {
  const streams = streamKeys(0);
  const work = Object.entries(STREAMS).flatMap(([name, { kind }]) => {
    const key = streams[name as keyof typeof streams];
    return kind === 'work' && typeof key === 'string' ? [key] : [];
  });
  const lists = work.map(async (stream) => {
    const letters = await deadLetters(broker, codec, stream).list({ limit: DEAD_LETTERS_MAX });
    return letters.map(
      ({ id, atMs, reason, error }): HistoryEvent => ({
        kind: 'dead-letter',
        at_ms: atMs,
        stream: deadLetterKey(stream),
        entry_id: id,
        reason: reason === '' ? '' : `${reason}: ${error}`,
      }),
    );
  });
  return (await Promise.all(lists)).flat();
}
