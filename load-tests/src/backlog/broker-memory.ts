// What a waiting task costs in the broker's memory, and where it goes.
import { ownedKeys, streamKeys } from '@nova-torch/protocol';
import { asHash, asNumber, type Broker } from '@nova-torch/streams';
import { LINE } from './fill.ts';

const own = ownedKeys(0, 'task-router');
const streams = streamKeys(0);
/** Elements of a sorted set that the broker measures to tell its size: those of one set are all alike. */
const SAMPLES = 1_000;
const RECORDS_SAMPLED = 500;

/** Keys of which there is one, whatever waits. */
const SINGLE_KEYS: Readonly<Record<string, string>> = {
  'waiting line (zset)': LINE,
  'timers (zset)': `${own}:timers`,
  'index of all tasks (zset)': `${own}:index`,
  'ended tasks (zset)': `${own}:ended`,
  'feed tasks.active (stream, kept 15 min)': streams.tasksActive,
  'tasks.queue (stream)': streams.tasksQueue,
  'tasks.completed (stream)': streams.tasksCompleted,
};

export interface BrokerMemory {
  readonly used_bytes: number;
  /** Bytes of each of the single keys. */
  readonly keys: Readonly<Record<string, number>>;
}

/** What the broker uses now, in all and for the keys that grow with the tasks. */
export async function readBrokerMemory(broker: Broker): Promise<BrokerMemory> {
  const info = String(await broker.call('INFO', 'memory'));
  const used = Number(/used_memory:(\d+)/.exec(info)?.[1]);
  const keys: Record<string, number> = {};
  for (const [name, key] of Object.entries(SINGLE_KEYS)) keys[name] = await bytesOf(broker, key, SAMPLES);
  return { used_bytes: used, keys };
}

async function bytesOf(broker: Broker, key: string, samples: number): Promise<number> {
  const bytes = await broker.call('MEMORY', 'USAGE', key, 'SAMPLES', samples);
  return bytes === null || bytes === undefined ? 0 : asNumber(bytes);
}

export interface RecordAnatomy {
  /** In the broker, key included. */
  readonly bytes: number;
  /** Characters of name and value of each field, without what the broker adds. */
  readonly fields: Readonly<Record<string, number>>;
}

/** The mean of sampled records of waiting tasks. */
export async function readRecords(broker: Broker, ids: readonly string[]): Promise<RecordAnatomy> {
  const step = Math.max(1, Math.floor(ids.length / RECORDS_SAMPLED));
  const sampled = ids.filter((_, i) => i % step === 0);
  let bytes = 0;
  const fields = new Map<string, number>();
  for (const id of sampled) {
    const key = `${own}:task:${id}`;
    bytes += await bytesOf(broker, key, 0);
    for (const [name, value] of Object.entries(asHash(await broker.call('HGETALL', key)) ?? {}))
      fields.set(name, (fields.get(name) ?? 0) + name.length + Buffer.byteLength(value));
  }
  const mean = (sum: number): number => Math.round(sum / sampled.length);
  return { bytes: mean(bytes), fields: Object.fromEntries([...fields].map(([n, sum]) => [n, mean(sum)])) };
}

export interface TaskCost {
  /** Bytes per task by where they are; `everything else` is what the broker uses besides the keys that are named. */
  readonly parts: Readonly<Record<string, number>>;
  readonly total_bytes: number;
  readonly payload_bytes: number;
  readonly beyond_payload_bytes: number;
  readonly record: RecordAnatomy;
}

/** The growth of the broker's memory shared out over the tasks it grew by. */
export function costOfWaiting(
  before: BrokerMemory,
  after: BrokerMemory,
  record: RecordAnatomy,
  { tasks, payloadBytes }: { readonly tasks: number; readonly payloadBytes: number },
): TaskCost {
  const total = (after.used_bytes - before.used_bytes) / tasks;
  const parts: Record<string, number> = { 'record (hash)': record.bytes };
  for (const [name, bytes] of Object.entries(after.keys)) {
    const grown = Math.round((bytes - (before.keys[name] ?? 0)) / tasks);
    if (grown !== 0) parts[name] = grown;
  }
  const named = Object.values(parts).reduce((sum, bytes) => sum + bytes, 0);
  parts['everything else'] = Math.round(total - named);
  return {
    parts,
    total_bytes: Math.round(total),
    payload_bytes: Math.round(payloadBytes),
    beyond_payload_bytes: Math.round(total - payloadBytes),
    record,
  };
}
