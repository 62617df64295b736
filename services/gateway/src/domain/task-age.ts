import type { TaskId } from '@nova-torch/protocol';

/** When an id was made, Unix ms: ids are UUIDv7, which begin with it. */
export function madeAtMs(id: TaskId): number {
  const uuid = id.slice(id.lastIndexOf('-') + 1);
  return Number.parseInt(uuid.slice(0, 12), 16);
}

/** A task younger than this may be on its way to the router still; an unknown older one does not exist. */
export const ON_ITS_WAY_MS = 30_000;

/** Whether a task the router does not know may be one that was just submitted. */
export function mayBeOnItsWay(id: TaskId, nowMs: number): boolean {
  return Math.abs(nowMs - madeAtMs(id)) < ON_ITS_WAY_MS;
}
