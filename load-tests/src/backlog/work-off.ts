// The backlog is worked off: how fast at its beginning and at its end, and whether the router's memory stays flat.
import { within } from '../deadline.ts';
import type { Workers } from '../worker-process.ts';
import { activeRouter, memoryOf, type RouterMemory, type Routers } from './routers.ts';

/** Slower than this is broken, not slow. */
const SLOWEST_TASKS_PER_S = 100;
const PARTS = 10;

export interface WorkedOff extends RouterMemory {
  /** Tasks begun since the beginning. */
  readonly done: number;
  /** In this part alone. */
  readonly tasks_per_s: number;
}

export interface WorkOff extends Routers {
  readonly workers: Workers;
  /** Tasks that wait for these workers. */
  readonly tasks: number;
  onPart(part: WorkedOff): void;
}

/** In ten equal parts. */
export async function workOff(options: WorkOff): Promise<WorkedOff[]> {
  const { workers, tasks, onPart } = options;
  const parts: WorkedOff[] = [];
  let before = 0;
  for (let part = 1; part <= PARTS; part += 1) {
    const startedAt = performance.now();
    const from = workers.handled;
    const done = Math.round((tasks * part) / PARTS);
    const patience = 30_000 + ((done - before) / SLOWEST_TASKS_PER_S) * 1_000;
    await within(patience, `${done} tasks to be worked off`, workers.reached(done));
    const tasksPerS = (workers.handled - from) / ((performance.now() - startedAt) / 1_000);
    // Between the parts: the collection stops the router for a moment.
    const memory = await memoryOf(await activeRouter(options));
    const row = { done, tasks_per_s: Math.round(tasksPerS), ...memory };
    parts.push(row);
    onPart(row);
    before = done;
  }
  return parts;
}
