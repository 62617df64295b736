import { z } from 'zod';

/**
 * Ids carry their partition (`task-0-<32 hex digits of a UUIDv7>`), so the key of a record is found from the id
 * alone, and ids made later sort later.
 */
const idOf = <const K extends string>(kind: K) =>
  z.string().regex(new RegExp(`^${kind}-\\d{1,4}-[0-9a-f]{32}$`), `must look like ${kind}-0-<32 hex digits>`);

export const TaskId = idOf('task').brand<'TaskId'>();
export type TaskId = z.infer<typeof TaskId>;
export const AgentId = idOf('agent').brand<'AgentId'>();
export type AgentId = z.infer<typeof AgentId>;
export const MessageId = idOf('msg').brand<'MessageId'>();
export type MessageId = z.infer<typeof MessageId>;
export const SpawnId = idOf('spawn').brand<'SpawnId'>();
export type SpawnId = z.infer<typeof SpawnId>;

/** A UUIDv7 (RFC 9562, section 5.7): 48 bits of `nowMs`, then random bits. Lower-case, with dashes. */
export function newUuid(nowMs: number): string {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(16));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Math.floor(nowMs / 0x1_0000));
  view.setUint16(4, nowMs % 0x1_0000);
  view.setUint8(6, 0x70 | (view.getUint8(6) & 0x0f));
  view.setUint8(8, 0x80 | (view.getUint8(8) & 0x3f));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

const newId = (kind: string, partition: number, nowMs: number) =>
  `${kind}-${partition}-${newUuid(nowMs).replaceAll('-', '')}`;

export const newTaskId = (partition: number, nowMs: number) => newId('task', partition, nowMs) as TaskId;
export const newAgentId = (partition: number, nowMs: number) => newId('agent', partition, nowMs) as AgentId;
export const newMessageId = (partition: number, nowMs: number) => newId('msg', partition, nowMs) as MessageId;
export const newSpawnId = (partition: number, nowMs: number) => newId('spawn', partition, nowMs) as SpawnId;

/** The partition an id belongs to. The id must be one of ours: any of the schemas above has passed it. */
export function partitionOf(id: TaskId | AgentId | MessageId | SpawnId): number {
  return Number(id.split('-')[1]);
}
