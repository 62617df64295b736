// What of a journal is in memory: where each task lies, and what is needed to decide how long it is kept. No I/O.
//
// 1. A task that has not ended is kept.
// 2. An ended one is kept while an open task depends on it or its workflow has open tasks, and for a while after its end.
import { dependenciesOf, type Ending, type Submission } from './records.ts';
import type { Location } from './segment-writer.ts';

export interface IndexEntry {
  readonly task_id: string;
  /** Number of the record that submitted it. */
  readonly n: number;
  task: Location;
  end: { readonly location: Location; readonly status: string; readonly ended_at_ms: number } | undefined;
  readonly submitted_at_ms: number;
  readonly workflow: string | undefined;
  readonly dependencies: readonly string[];
  readonly reservation: string | undefined;
}

const NO_DEPENDENCIES: readonly string[] = [];

export class JournalIndex {
  readonly #entries = new Map<string, IndexEntry>();
  /** In the order of their ends. */
  readonly #ended = new Map<string, IndexEntry>();
  readonly #byReservation = new Map<string, string>();
  /** Open tasks that depend on a task, and open tasks of a workflow. */
  readonly #awaited = new Map<string, number>();
  readonly #workflows = new Map<string, number>();
  #oldest: IndexEntry | undefined;
  readonly #liveBytes = new Map<number, number>();

  get size(): number {
    return this.#entries.size;
  }

  get endedCount(): number {
    return this.#ended.size;
  }

  get openCount(): number {
    return this.#entries.size - this.#ended.size;
  }

  /** The open task submitted first. Looks at all entries only after the one it knew has ended. */
  oldestOpen(): IndexEntry | undefined {
    const known = this.#oldest;
    if (known !== undefined && known.end === undefined && this.#entries.get(known.task_id) === known) {
      return known;
    }
    this.#oldest = undefined;
    if (this.openCount > 0) for (const entry of this.#entries.values()) this.#mayBeOldest(entry);
    return this.#oldest;
  }

  #mayBeOldest(entry: IndexEntry): void {
    if (entry.end !== undefined) return;
    if (this.#oldest === undefined || entry.submitted_at_ms < this.#oldest.submitted_at_ms) {
      this.#oldest = entry;
    }
  }

  get(taskId: string): IndexEntry | undefined {
    return this.#entries.get(taskId);
  }

  entries(): IterableIterator<IndexEntry> {
    return this.#entries.values();
  }

  /** Ended tasks, the one that was noted first before the others. */
  ended(): IterableIterator<IndexEntry> {
    return this.#ended.values();
  }

  /** The task that holds a reservation. */
  heldBy(reservation: string): string | undefined {
    return this.#byReservation.get(reservation);
  }

  /** Whether an open task depends on this one. */
  isAwaited(taskId: string): boolean {
    return this.#awaited.has(taskId);
  }

  /** Bytes of a segment that are still needed. */
  liveBytes(segment: number): number {
    return this.#liveBytes.get(segment) ?? 0;
  }

  /**
   * Notes a task, or where a copy of it lies: a copy has the number it had and changes nothing else. One with a higher
   * number was begun anew, after what was here had been forgotten.
   */
  noteTask(
    n: number,
    { task_id, submitted_at_ms, spec, reservation }: Submission,
    location: Location,
  ): IndexEntry {
    const noted = this.#entries.get(task_id);
    if (noted !== undefined && noted.end !== undefined && n > noted.n) this.drop(task_id);
    const known = this.#entries.get(task_id);
    this.#count(location, 1);
    if (known !== undefined) {
      this.#count(known.task, -1);
      known.task = location;
      return known;
    }
    const dependencies = dependenciesOf(spec);
    const entry: IndexEntry = {
      task_id,
      n,
      task: location,
      end: undefined,
      submitted_at_ms,
      workflow: spec.workflow_id,
      dependencies: dependencies.length === 0 ? NO_DEPENDENCIES : dependencies,
      reservation: reservation?.key,
    };
    this.#entries.set(task_id, entry);
    if (entry.reservation !== undefined) this.#byReservation.set(entry.reservation, task_id);
    this.#hold(entry, 1);
    this.#mayBeOldest(entry);
    return entry;
  }

  /** Notes an end, or where a copy of it lies; nothing for a task that is not known. */
  noteEnd({ task_id, status, ended_at_ms }: Ending, location: Location): void {
    const entry = this.#entries.get(task_id);
    if (entry === undefined) return;
    this.#count(location, 1);
    if (entry.end === undefined) this.#hold(entry, -1);
    else this.#count(entry.end.location, -1);
    entry.end = { location, status, ended_at_ms };
    this.#ended.set(task_id, entry);
  }

  /** Notes that an ended task was given another try. */
  noteAgain(taskId: string): void {
    const entry = this.#entries.get(taskId);
    if (entry?.end === undefined) return;
    this.#count(entry.end.location, -1);
    entry.end = undefined;
    this.#ended.delete(taskId);
    this.#hold(entry, 1);
    this.#mayBeOldest(entry);
  }

  /** Forgets a task. */
  drop(taskId: string): void {
    const entry = this.#entries.get(taskId);
    if (entry === undefined) return;
    if (entry.end === undefined) this.#hold(entry, -1);
    else this.#count(entry.end.location, -1);
    this.#count(entry.task, -1);
    this.#entries.delete(taskId);
    this.#ended.delete(taskId);
    const { reservation } = entry;
    if (reservation !== undefined && this.#byReservation.get(reservation) === taskId) {
      this.#byReservation.delete(reservation);
    }
  }

  /** Whether an ended task is needed for others that have not ended. */
  isNeeded({ task_id, workflow }: IndexEntry): boolean {
    return this.#awaited.has(task_id) || (workflow !== undefined && this.#workflows.has(workflow));
  }

  #hold(entry: IndexEntry, by: 1 | -1): void {
    for (const dependency of entry.dependencies) add(this.#awaited, dependency, by);
    if (entry.workflow !== undefined) add(this.#workflows, entry.workflow, by);
  }

  #count({ segment, bytes }: Location, by: 1 | -1): void {
    add(this.#liveBytes, segment, by * bytes);
  }
}

function add<K>(counts: Map<K, number>, key: K, by: number): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}
