// An append-only record of what was accepted, beside its only writer: tasks and their ends.
//
// 1. `begin` and `end` resolve when the record is on the disk; what was reported so is found again after any crash.
// 2. Segments are removed from the oldest on, after what is still needed of one was copied to the newest. So an end
//    never goes before the task it ends, and a task whose end was removed cannot come back.
// 3. What cannot be read is reported and left behind, never guessed.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type Disk, realDisk } from './disk.ts';
import { JournalFormatError, JournalUnavailableError } from './errors.ts';
import { frameAt } from './frames.ts';
import { type IndexEntry, JournalIndex } from './journal-index.ts';
import type { JournalOptions, JournalStatus, KeptTask } from './journal-options.ts';
import { type DirectoryLock, lockDirectory } from './lock.ts';
import { decodeRecord, type Ending, encodeRecord, type JournalRecord, type Submission } from './records.ts';
import { type Location, SegmentWriter } from './segment-writer.ts';
import { listSegments, readIdentity, readSegment, segmentName, writeIdentity } from './segments.ts';

const SEGMENT_BYTES = 8 * 1024 * 1024;
const BYTES_MAX = 4 * 1024 ** 3;
const KEEP_ENDED_MS = 5 * 60_000;
const ENDED_MAX = 100_000;
/** A journal may be this much larger than what it needs before old segments are emptied. */
const SLACK = 3;
/** Ended tasks looked at in one pruning. */
const PRUNE_MAX = 20_000;

/**
 * Opens the journal of a directory and reads it. Rejects with JournalLockedError while another process has it, with
 * JournalFormatError for a directory that holds something else, or with the error of the disk.
 */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  const disk = options.disk ?? realDisk;
  await disk.makeDirectory(options.dir);
  const lock = lockDirectory(options.dir);
  try {
    return await Journal.load(options, disk, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

export class Journal {
  /** Names this journal for as long as it exists. */
  readonly id: string;
  readonly dir: string;
  readonly #options: JournalOptions;
  readonly #disk: Disk;
  readonly #lock: DirectoryLock;
  readonly #index = new JournalIndex();
  /** Sizes of the segments in the directory, the oldest first. */
  readonly #segments = new Map<number, number>();
  readonly #writer: SegmentWriter;
  /** Ends and new tries on their way to the disk. */
  readonly #underWay = new Map<string, Promise<unknown>>();
  #readers = 0;
  #n = 0;
  #bytes = 0;

  static async load(options: JournalOptions, disk: Disk, lock: DirectoryLock): Promise<Journal> {
    const { dir } = options;
    const known = await readIdentity(disk, dir);
    const id = known ?? randomBytes(8).toString('hex');
    if (known === undefined) await writeIdentity(disk, dir, id);
    const segments = await listSegments(disk, dir);
    const journal = new Journal(options, { disk, lock, id, first: (segments.at(-1) ?? 0) + 1 });
    for (const segment of segments) await journal.#load(segment, segment === segments.at(-1));
    return journal;
  }

  private constructor(
    options: JournalOptions,
    { disk, lock, id, first }: { disk: Disk; lock: DirectoryLock; id: string; first: number },
  ) {
    this.#options = options;
    this.#disk = disk;
    this.#lock = lock;
    this.id = id;
    this.dir = options.dir;
    this.#writer = new SegmentWriter({
      disk,
      dir: options.dir,
      first,
      segmentBytes: options.segmentBytes ?? SEGMENT_BYTES,
      heading: (segment) => encodeRecord({ t: 'head', version: 1, journal: id, segment }),
      onSegment: (segment, bytes) => this.#grow(segment, bytes),
      onCommit: (commit) => options.onCommit?.(commit),
    });
  }

  /**
   * Keeps a task; resolves, when it is on the disk, with the number of its record. A task that is kept already is not
   * written again, unless it was withdrawn: then whoever asked for it asks again. Rejects with JournalUnavailableError.
   */
  async begin(task: Submission): Promise<number> {
    // Its withdrawal may be on its way to the disk.
    await this.#underWay.get(task.task_id)?.catch(() => undefined);
    const known = this.#index.get(task.task_id);
    if (known !== undefined && !isWithdrawn(known)) return known.n;
    if (known !== undefined) this.#index.drop(task.task_id);
    const { bytesMax = BYTES_MAX } = this.#options;
    if (this.#bytes >= bytesMax) {
      throw new JournalUnavailableError(`the journal has reached its limit of ${bytesMax} bytes`);
    }
    this.#n += 1;
    const n = this.#n;
    const location = await this.#append({ t: 'task', n, task });
    return this.#index.noteTask(n, task, location).n;
  }

  /**
   * Keeps the end of a task; true once it is on the disk, false for a task that is not kept here or had ended before.
   * Rejects with JournalUnavailableError.
   */
  end(ending: Ending): Promise<boolean> {
    return this.#inTurn(ending.task_id, async () => {
      const entry = this.#index.get(ending.task_id);
      if (entry === undefined || entry.end !== undefined) return false;
      this.#n += 1;
      const location = await this.#append({ t: 'end', n: this.#n, end: ending });
      this.#index.noteEnd(ending, location);
      return true;
    });
  }

  /** Keeps that an ended task was given another try; false for a task that has not ended here. */
  again(taskId: string): Promise<boolean> {
    return this.#inTurn(taskId, async () => {
      if (this.#index.get(taskId)?.end === undefined) return false;
      this.#n += 1;
      await this.#append({ t: 'again', n: this.#n, task_id: taskId });
      this.#index.noteAgain(taskId);
      return true;
    });
  }

  /** Whether a task is kept here, and how; a withdrawn one is not. */
  stateOf(taskId: string): 'open' | 'ended' | undefined {
    const entry = this.#index.get(taskId);
    if (entry === undefined || isWithdrawn(entry)) return undefined;
    return entry.end === undefined ? 'open' : 'ended';
  }

  /** Whether an open task depends on this one. */
  isAwaited(taskId: string): boolean {
    return this.#index.isAwaited(taskId);
  }

  /** Whether an ended task is needed for open ones: they depend on it, or are of its workflow. */
  isNeeded(taskId: string): boolean {
    const entry = this.#index.get(taskId);
    return entry !== undefined && this.#index.isNeeded(entry);
  }

  /** The number of the record that submitted a task. */
  numberOf(taskId: string): number | undefined {
    return this.#index.get(taskId)?.n;
  }

  /** The number of the newest record; 0 for a journal without any. */
  get lastNumber(): number {
    return this.#n;
  }

  /** The task that was submitted under this reservation and is still kept. */
  heldBy(reservation: string): string | undefined {
    return this.#index.heldBy(reservation);
  }

  /** Ids of tasks that have not ended here with the numbers of their records, in the order of their submission. */
  open(): { readonly task_id: string; readonly n: number }[] {
    const open = [...this.#index.entries()].filter(({ end }) => end === undefined);
    return open.map(({ task_id, n }) => ({ task_id, n })).sort((a, b) => a.n - b.n);
  }

  /** Ids of ended tasks that are kept. */
  ended(): string[] {
    return [...this.#index.ended()].map(({ task_id }) => task_id);
  }

  /** One task whole; undefined if it is not kept (any more). Rejects with the error of the disk. */
  async read(taskId: string): Promise<KeptTask | undefined> {
    const entry = this.#index.get(taskId);
    if (entry === undefined) return undefined;
    const { n } = entry;
    const [task, end] = await Promise.all([this.#at(entry.task), entry.end && this.#at(entry.end.location)]);
    if (task?.t !== 'task') return undefined;
    return { n, task: task.task, end: end?.t === 'end' ? end.end : undefined };
  }

  /** Open tasks whole, a segment at a time, in the order they lie in; those that end meanwhile may be missing. */
  async *openTasks(): AsyncGenerator<KeptTask[]> {
    // No segment is emptied meanwhile: what it held would be passed over.
    this.#readers += 1;
    try {
      for (const segment of [...this.#segments.keys()]) {
        const kept = await this.#openTasksOf(segment);
        if (kept.length > 0) yield kept;
      }
    } finally {
      this.#readers -= 1;
    }
  }

  /** When the open task that was submitted first was (Unix ms); undefined if none is open. */
  oldestOpenMs(): number | undefined {
    return this.#index.oldestOpen()?.submitted_at_ms;
  }

  /** Records on their way to the disk. */
  get waiting(): number {
    return this.#writer.waiting;
  }

  status(): JournalStatus {
    let needed = 0;
    for (const segment of this.#segments.keys()) needed += this.#index.liveBytes(segment);
    return {
      segments: this.#segments.size,
      bytes: this.#bytes,
      needed_bytes: needed,
      open: this.#index.openCount,
      ended: this.#index.endedCount,
      refusing: this.#writer.failing || this.#bytes >= (this.#options.bytesMax ?? BYTES_MAX),
    };
  }

  /** Forgets ended tasks nobody needs any more; returns how many. */
  prune(nowMs: number): number {
    const { keepEndedMs = KEEP_ENDED_MS, endedMax = ENDED_MAX } = this.#options;
    let dropped = 0;
    let looked = 0;
    let over = this.#index.endedCount - endedMax;
    for (const entry of this.#index.ended()) {
      looked += 1;
      if (looked > PRUNE_MAX) break;
      const isOld = (entry.end?.ended_at_ms ?? nowMs) + keepEndedMs <= nowMs;
      if ((!isOld && !isWithdrawn(entry) && over <= 0) || this.#index.isNeeded(entry)) continue;
      this.#index.drop(entry.task_id);
      over -= 1;
      dropped += 1;
    }
    return dropped;
  }

  /** Removes the oldest segment if it is worth it, copying what is needed of it; whether it did. */
  async compact(): Promise<boolean> {
    const [oldest] = this.#segments.keys();
    if (oldest === undefined || oldest === this.#writer.segment || this.#readers > 0) return false;
    const needed = this.#index.liveBytes(oldest);
    const { bytes, needed_bytes } = this.status();
    const { segmentBytes = SEGMENT_BYTES } = this.#options;
    if (needed > 0 && bytes < SLACK * needed_bytes + 2 * segmentBytes) return false;
    if (needed > 0) await this.#copyOut(oldest);
    await this.#disk.remove(join(this.dir, segmentName(oldest)));
    this.#bytes -= this.#segments.get(oldest) ?? 0;
    this.#segments.delete(oldest);
    return true;
  }

  /** Writes what waits and lets go of the directory. */
  async close(): Promise<void> {
    await this.#writer.close();
    this.#lock.release();
  }

  /** What concerns one task is written one after the other, so that the file tells it in the order it happened. */
  async #inTurn<T>(taskId: string, write: () => Promise<T>): Promise<T> {
    const before = this.#underWay.get(taskId);
    const done = before === undefined ? write() : before.then(write, write);
    this.#underWay.set(taskId, done);
    try {
      return await done;
    } finally {
      if (this.#underWay.get(taskId) === done) this.#underWay.delete(taskId);
    }
  }

  async #append(record: JournalRecord): Promise<Location> {
    const location = await this.#writer.append(encodeRecord(record));
    this.#grow(location.segment, location.bytes);
    return location;
  }

  #grow(segment: number, bytes: number): void {
    this.#segments.set(segment, (this.#segments.get(segment) ?? 0) + bytes);
    this.#bytes += bytes;
  }

  async #load(segment: number, isLast: boolean): Promise<void> {
    const { bytes, frames, damage } = await readSegment(this.#disk, this.dir, segment);
    const file = segmentName(segment);
    let size = bytes;
    for (const found of damage) {
      const cut = found.atEnd && isLast;
      this.#options.onDamage?.({ ...found, file, cut });
      if (!cut) continue;
      await this.#cut(segment, found.offset);
      size = found.offset;
    }
    this.#grow(segment, size);
    for (const frame of frames) {
      const record = decodeRecord(frame.payload);
      if (record !== undefined) this.#replay(record, { segment, offset: frame.offset, bytes: frame.bytes });
    }
  }

  #replay(record: JournalRecord, location: Location): void {
    if (record.t === 'head') {
      if (record.journal === this.id) return;
      const file = segmentName(location.segment);
      throw new JournalFormatError(
        `${join(this.dir, file)} belongs to journal ${record.journal}, not ${this.id}`,
      );
    }
    this.#n = Math.max(this.#n, record.n);
    if (record.t === 'task') this.#index.noteTask(record.n, record.task, location);
    else if (record.t === 'end') this.#index.noteEnd(record.end, location);
    else this.#index.noteAgain(record.task_id);
  }

  async #openTasksOf(segment: number): Promise<KeptTask[]> {
    const { frames } = await readSegment(this.#disk, this.dir, segment);
    return frames.flatMap(({ offset, payload }) => {
      const record = decodeRecord(payload);
      if (record?.t !== 'task') return [];
      const entry = this.#index.get(record.task.task_id);
      if (entry === undefined || entry.end !== undefined || !liesAt(entry.task, segment, offset)) return [];
      return [{ n: entry.n, task: record.task, end: undefined }];
    });
  }

  async #cut(segment: number, offset: number): Promise<void> {
    const file = await this.#disk.openExisting(join(this.dir, segmentName(segment)));
    try {
      await file.truncate(offset);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  async #copyOut(segment: number): Promise<void> {
    const { frames } = await readSegment(this.#disk, this.dir, segment);
    const moves: Promise<void>[] = [];
    const seen = new Set<string>();
    for (const { offset, payload } of frames) {
      const record = decodeRecord(payload);
      const taskId = record === undefined ? undefined : subjectOf(record);
      const entry = taskId === undefined ? undefined : this.#index.get(taskId);
      if (entry === undefined || seen.has(entry.task_id)) continue;
      if (!liesAt(entry.task, segment, offset) && !liesAt(entry.end?.location, segment, offset)) continue;
      seen.add(entry.task_id);
      moves.push(this.#inTurn(entry.task_id, () => this.#move(entry)));
    }
    await Promise.all(moves);
  }

  /** Copies a task, then its end: the end must come after it. */
  async #move(entry: IndexEntry): Promise<void> {
    const kept = await this.read(entry.task_id);
    if (kept === undefined) return;
    const { n, task, end } = kept;
    const appends = [this.#append({ t: 'task', n, task })];
    if (end !== undefined) appends.push(this.#append({ t: 'end', n, end }));
    const [taskAt, endAt] = await Promise.all(appends);
    if (this.#index.get(entry.task_id) !== entry) return;
    if (taskAt !== undefined) this.#index.noteTask(n, task, taskAt);
    if (end !== undefined && endAt !== undefined) this.#index.noteEnd(end, endAt);
  }

  async #at({ segment, offset, bytes }: Location): Promise<JournalRecord | undefined> {
    const file = await this.#disk.openExisting(join(this.dir, segmentName(segment)));
    try {
      const frame = frameAt(await file.read(offset, bytes), 0);
      return frame === undefined ? undefined : decodeRecord(frame.payload);
    } finally {
      await file.close();
    }
  }
}

function subjectOf(record: JournalRecord): string | undefined {
  if (record.t === 'task') return record.task.task_id;
  return record.t === 'end' ? record.end.task_id : undefined;
}

const liesAt = (location: Location | undefined, segment: number, offset: number): boolean =>
  location?.segment === segment && location.offset === offset;

const isWithdrawn = ({ end }: IndexEntry): boolean => end?.status === 'withdrawn';
