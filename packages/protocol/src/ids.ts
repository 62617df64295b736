import { z } from 'zod';

/**
 * Ids carry their partition (`task-0-<32 hex digits of a UUIDv7>`), so the key of a record is found from the id
 * alone, and ids made later sort later.
 */
const idOf = <const K extends string>(kind: K) =>
  z.string().regex(new RegExp(`^${kind}-\\d{1,4}-[0-9a-f]{32}$`), {
    error: `must look like ${kind}-0-<32 hex digits>`,
    // In a union the others are what it may be too.
    abort: true,
  });

export const TaskId = idOf('task').brand<'TaskId'>();
export type TaskId = z.infer<typeof TaskId>;
export const AgentId = idOf('agent').brand<'AgentId'>();
export type AgentId = z.infer<typeof AgentId>;
export const MessageId = idOf('msg').brand<'MessageId'>();
export type MessageId = z.infer<typeof MessageId>;
export const SpawnId = idOf('spawn').brand<'SpawnId'>();
export type SpawnId = z.infer<typeof SpawnId>;
export const ScheduleId = idOf('schedule').brand<'ScheduleId'>();
export type ScheduleId = z.infer<typeof ScheduleId>;

// Random bytes are drawn 256 ids at a time: one draw costs more than everything else an id takes.
const random = new Uint8Array(16 * 256);
let drawn = random.length;
let lastMs = -1;
/** The 12 bits after the version: random at a new millisecond, counted up within it. */
let sequence = 0;
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/**
 * A UUIDv7 (RFC 9562, section 5.7): 48 bits of `nowMs`, a counter for the order within a millisecond (section 6.2,
 * method 1; at least 2,048 of one process are in order), then random bits. Lower-case, with dashes.
 */
export function newUuid(nowMs: number): string {
  if (drawn === random.length) {
    globalThis.crypto.getRandomValues(random);
    drawn = 0;
  }
  const bytes = random.subarray(drawn, drawn + 16);
  drawn += 16;
  const ms = Math.floor(nowMs);
  // Seeded below half of its range, so that there is room to count.
  sequence = ms === lastMs ? (sequence + 1) & 0xfff : (((bytes[6] ?? 0) << 8) | (bytes[7] ?? 0)) & 0x7ff;
  lastMs = ms;
  const time = ms.toString(16).padStart(12, '0');
  const hex = (at: number): string => HEX[bytes[at] ?? 0] ?? '';
  const ordered = (0x7000 | sequence).toString(16);
  const variant = HEX[0x80 | ((bytes[8] ?? 0) & 0x3f)];
  const node = hex(10) + hex(11) + hex(12) + hex(13) + hex(14) + hex(15);
  return `${time.slice(0, 8)}-${time.slice(8)}-${ordered}-${variant}${hex(9)}-${node}`;
}

const newId = (kind: string, partition: number, nowMs: number) =>
  `${kind}-${partition}-${newUuid(nowMs).replaceAll('-', '')}`;

export const newTaskId = (partition: number, nowMs: number) => newId('task', partition, nowMs) as TaskId;
export const newAgentId = (partition: number, nowMs: number) => newId('agent', partition, nowMs) as AgentId;
export const newMessageId = (partition: number, nowMs: number) => newId('msg', partition, nowMs) as MessageId;
export const newSpawnId = (partition: number, nowMs: number) => newId('spawn', partition, nowMs) as SpawnId;
export const newScheduleId = (partition: number, nowMs: number) =>
  newId('schedule', partition, nowMs) as ScheduleId;

const SERIES_DIGITS = 3;

/**
 * Ids that follow from one, in order: the same ones whenever they are asked for. At most 4,096 of them. They begin as it
 * does, with its time, its counter and 50 random bits, which no other id has.
 */
export function seriesOf(first: TaskId, count: number): TaskId[] {
  const stem = first.slice(0, -SERIES_DIGITS);
  return Array.from(
    { length: count },
    (_, index) => (stem + index.toString(16).padStart(SERIES_DIGITS, '0')) as TaskId,
  );
}

/** What stands in a derived id where a UUIDv7 has its version: no id that is made anew has these. */
const DERIVED = { check: '8', review: '9' } as const;

/**
 * The id of the task that judges the claim made of a task under an epoch: the same one whenever it is asked for. Its time
 * is the epoch's, the rest of it the task's own.
 */
export function judgingTaskId(taskId: TaskId, epoch: number, kind: keyof typeof DERIVED): TaskId {
  const [word, partition, hex = ''] = taskId.split('-');
  const time = Math.floor(epoch).toString(16).padStart(12, '0');
  return `${word}-${partition}-${time}${DERIVED[kind]}${hex.slice(13)}` as TaskId;
}

/** The partition an id belongs to. The id must be one of ours: any of the schemas above has passed it. */
export function partitionOf(id: TaskId | AgentId | MessageId | SpawnId | ScheduleId): number {
  return Number(id.split('-')[1]);
}
