// What an agent holds: which assignment may begin, which is a repeat, which is stale. Pure: no clock, no I/O.
//
// B1 One run per (task, epoch), however often its assignment is delivered.
// B2 Never more runs than `capacity`; a run holds its slot until its code has ended and its report is stored.
// B3 A newer epoch of a task begins only after every older run of that task has ended.
// B4 What was stopped or has ended never begins again under the same or a lower epoch.
// B5 Everything is bounded: waiting assignments by `waitingMax`, remembered tasks by `memoryMax`.
import type { TaskAssignedV1 } from '@nova-torch/protocol';

/** `waiting`: no slot yet. `begun`: has a slot. `ending`: told to stop, its code still runs. `reporting`: its end is being stored. */
export type HeldPhase = 'waiting' | 'begun' | 'ending' | 'reporting';

/** An assignment this agent holds. */
export interface Held {
  readonly assigned: TaskAssignedV1;
  phase: HeldPhase;
  /** Inbox entries that carried it and are not acknowledged yet. */
  entryIds: string[];
  /** Its start or its end is stored, so a further copy may be acknowledged at once. */
  settled: boolean;
}

export type Offer =
  /** It is held now; `superseded` are older runs of the same task, to be aborted. */
  | { kind: 'taken'; held: Held; superseded: Held[] }
  /** It is held already; the copy is acknowledged together with the first, or at once when `settled`. */
  | { kind: 'repeat'; settled: boolean }
  /** It ended, was stopped, or a newer epoch is known. */
  | { kind: 'stale' }
  /** Too many wait already. */
  | { kind: 'full' };

export interface BookLimits {
  readonly capacity: number;
  readonly waitingMax: number;
  readonly memoryMax: number;
}

export class AssignmentBook {
  readonly #limits: BookLimits;
  readonly #byTask = new Map<string, Held[]>();
  /** Highest epoch of a task that must not begin (again). Oldest knowledge first. */
  readonly #closed = new Map<string, number>();
  /** In order of arrival. */
  readonly #waiting = new Set<Held>();
  #size = 0;

  constructor(limits: BookLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#size;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Slots nothing holds or waits for; may be negative while more wait than there are slots. */
  get free(): number {
    return this.#limits.capacity - this.#size;
  }

  all(): Held[] {
    return [...this.#byTask.values()].flat();
  }

  get(taskId: string, epoch: number): Held | undefined {
    return this.#ofTask(taskId).find((held) => held.assigned.payload.epoch === epoch);
  }

  /** Decides on an assignment from the inbox; `taken` and `repeat` remember the entry. */
  offer(assigned: TaskAssignedV1, entryId: string): Offer {
    const { task_id, epoch } = assigned.payload;
    const known = this.get(task_id, epoch);
    if (known) {
      if (!known.settled && !known.entryIds.includes(entryId)) known.entryIds.push(entryId);
      return { kind: 'repeat', settled: known.settled };
    }
    const siblings = this.#ofTask(task_id);
    const newest = Math.max(
      this.#closed.get(task_id) ?? 0,
      ...siblings.map((one) => one.assigned.payload.epoch),
    );
    if (epoch <= newest) return { kind: 'stale' };
    if (this.#waiting.size >= this.#limits.waitingMax) return { kind: 'full' };
    const held: Held = { assigned, phase: 'waiting', entryIds: [entryId], settled: false };
    this.#byTask.set(task_id, [...siblings, held]);
    this.#size += 1;
    this.#waiting.add(held);
    return { kind: 'taken', held, superseded: siblings };
  }

  /** Gives a slot to the next assignment that may have one (B2, B3), or undefined. */
  begin(): Held | undefined {
    if (this.#size - this.#waiting.size >= this.#limits.capacity) return undefined;
    for (const held of this.#waiting) {
      const { task_id } = held.assigned.payload;
      if (this.#ofTask(task_id).some((one) => one !== held && one.phase !== 'waiting')) continue;
      this.#waiting.delete(held);
      held.phase = 'begun';
      return held;
    }
    return undefined;
  }

  /** Everything of the task with that epoch or a lower one; from now on none of it begins (B4). */
  close(taskId: string, epoch: number): Held[] {
    this.#remember(taskId, epoch);
    return this.#ofTask(taskId).filter((held) => held.assigned.payload.epoch <= epoch);
  }

  /** Frees what the assignment holds; it does not begin again (B4). */
  release(held: Held): void {
    const { task_id, epoch } = held.assigned.payload;
    const siblings = this.#ofTask(task_id);
    const others = siblings.filter((one) => one !== held);
    if (others.length === siblings.length) return;
    this.#size -= 1;
    this.#waiting.delete(held);
    if (others.length === 0) this.#byTask.delete(task_id);
    else this.#byTask.set(task_id, others);
    this.#remember(task_id, epoch);
  }

  #ofTask(taskId: string): Held[] {
    return this.#byTask.get(taskId) ?? [];
  }

  #remember(taskId: string, epoch: number): void {
    const highest = Math.max(epoch, this.#closed.get(taskId) ?? 0);
    this.#closed.delete(taskId);
    this.#closed.set(taskId, highest);
    if (this.#closed.size <= this.#limits.memoryMax) return;
    for (const oldest of this.#closed.keys()) {
      this.#closed.delete(oldest);
      return;
    }
  }
}
