import { AgentId, type AgentRecord } from '@nova-torch/protocol';
import { asHash, asList, asNumber, asStrings, BrokerReplyError, type Command } from '@nova-torch/streams';
import type { Agent, AgentState } from '../domain/agent.ts';
import type { StoreContext } from './context.ts';

/** Reads agents in one round trip, in the order of the ids; undefined for those there is no record of. */
export async function readAgents(
  { broker, keys }: StoreContext,
  ids: readonly AgentId[],
): Promise<(Agent | undefined)[]> {
  if (ids.length === 0) return [];
  const replies = await broker.batch(
    ids.map((id) => ['HMGET', keys.agent(id), 'record', 'state', 'heard_ms'] as const),
  );
  return replies.map((reply) => {
    const [record = '', state = '', heardMs = ''] = asStrings(reply);
    if (record === '') return undefined;
    return {
      record: JSON.parse(record) as AgentRecord,
      state: JSON.parse(state) as AgentState,
      heardMs: Number(heardMs),
    };
  });
}

/** Ids after `after` (exclusive; '' = from the first), at most `count`, in order. */
export async function readIds(
  { broker, keys }: StoreContext,
  after: string,
  count: number,
): Promise<AgentId[]> {
  const start = after === '' ? '-' : `(${after}`;
  return toIds(await broker.call('ZRANGEBYLEX', keys.index, start, '+', 'LIMIT', 0, count));
}

/** The id of the newest event: a reader that has a page read later misses nothing if it reads the feed from there. */
export async function readFeedId({ broker, keys }: StoreContext): Promise<string> {
  try {
    const facts = asHash(await broker.call('XINFO', 'STREAM', keys.events));
    return facts?.['last-generated-id'] ?? '0-0';
  } catch (error) {
    // A feed nobody has written to yet.
    if (error instanceof BrokerReplyError && /no such key/i.test(error.message)) return '0-0';
    throw error;
  }
}

/** What the reaper decides by. */
export interface Dues {
  /** Agents that may be due, the longest due first. */
  readonly ids: readonly AgentId[];
  /** When the next agent falls due after those (server ms); undefined if there is none. */
  readonly nextMs: number | undefined;
  /** Sessions that closed lately. */
  readonly closed: number;
  readonly agents: number;
}

/**
 * Who is due at `nowMs` (server ms), at most `limit`, and how many sessions closed within two short windows: those that
 * closed together fall due within one.
 */
export async function readDues(
  { broker, keys, liveness }: StoreContext,
  nowMs: number,
  limit: number,
): Promise<Dues> {
  const latelyMs = Math.floor(nowMs - 2 * liveness.closedWindowMs);
  const [due, next, closed, agents] = await broker.batch([
    ['ZRANGEBYSCORE', keys.due, '-inf', nowMs, 'LIMIT', 0, limit],
    ['ZRANGEBYSCORE', keys.due, `(${nowMs}`, '+inf', 'WITHSCORES', 'LIMIT', 0, 1],
    ['ZCOUNT', keys.closings, latelyMs, '+inf'],
    ['ZCARD', keys.index],
  ]);
  const nextMs = asNumber(asList(next)[1]);
  return {
    ids: toIds(due),
    nextMs: Number.isNaN(nextMs) ? undefined : nextMs,
    closed: asNumber(closed),
    agents: asNumber(agents),
  };
}

/** The newest entry of the work stream, and the newest that the group took, as ids; '0-0' for none. */
export interface ReadPosition {
  readonly written: string;
  readonly taken: string;
}

/** How far the group has read what is sent to the registry. */
export async function readPosition({ broker, keys }: StoreContext, group: string): Promise<ReadPosition> {
  const [newest, groups] = await broker.batch([
    ['XREVRANGE', keys.work, '+', '-', 'COUNT', 1],
    ['XINFO', 'GROUPS', keys.work],
  ]);
  const own = asList(groups)
    .map((facts) => asHash(facts))
    .find((facts) => facts?.name === group);
  return {
    written: asStrings(asList(newest)[0])[0] ?? '0-0',
    taken: own?.['last-delivered-id'] ?? '0-0',
  };
}

/** Which of each agent's attempts (`task:epoch`) were not counted yet. */
export async function readUncounted(
  { broker, keys }: StoreContext,
  agents: readonly { readonly agentId: AgentId; readonly attempts: readonly string[] }[],
): Promise<Set<string>[]> {
  const commands: Command[] = agents.map(({ agentId, attempts }) => [
    'ZMSCORE',
    keys.counted(agentId),
    ...attempts,
  ]);
  const replies = await broker.batch(commands);
  return replies.map((reply, index) => {
    const attempts = agents[index]?.attempts ?? [];
    return new Set(attempts.filter((_, at) => Number.isNaN(asNumber(asList(reply)[at]))));
  });
}

const toIds = (reply: unknown): AgentId[] => asStrings(reply).map((id) => AgentId.parse(id));
