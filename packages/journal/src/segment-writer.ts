// Appends records in groups: whatever came while one group was on its way to the disk makes the next one.
//
// 1. A record is reported as kept only after the group it is in was synced.
// 2. After an error nothing is known of the group: all of its records are refused, and what was written of it is cut off.
//    A file whose sync failed is not written to again.
// 3. The segment is closed when it is full; the next one begins with a heading.
import type { Disk, SegmentFile } from './disk.ts';
import { JournalUnavailableError } from './errors.ts';
import { frameOf } from './frames.ts';
import { segmentName } from './segments.ts';

/** Where a record lies. */
export interface Location {
  readonly segment: number;
  readonly offset: number;
  /** Of the whole frame. */
  readonly bytes: number;
}

/** One group that reached the disk. */
export interface Commit {
  readonly records: number;
  readonly bytes: number;
  /** From the begin of the write to the end of the sync. */
  readonly durationMs: number;
}

export interface SegmentWriterOptions {
  readonly disk: Disk;
  readonly dir: string;
  /** Number of the first segment that is made. */
  readonly first: number;
  /** A segment is closed when it is at least this large. */
  readonly segmentBytes: number;
  /** First record of a segment. */
  heading(segment: number): Buffer;
  /** A segment was made, with its heading. */
  onSegment(segment: number, bytes: number): void;
  onCommit(commit: Commit): void;
}

const GROUP_BYTES_MAX = 4 * 1024 * 1024;
/** Records that may wait for the disk, in bytes; beyond it new ones are refused. */
const WAITING_BYTES_MAX = 64 * 1024 * 1024;

interface Waiting {
  readonly frame: Buffer;
  resolve(location: Location): void;
  reject(error: Error): void;
}

interface ActiveSegment {
  readonly segment: number;
  readonly file: SegmentFile;
  size: number;
}

export class SegmentWriter {
  readonly #options: SegmentWriterOptions;
  #next: number;
  #active: ActiveSegment | undefined;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #underWay = 0;
  #running: Promise<void> | undefined;
  #closed = false;
  #failing = false;

  constructor(options: SegmentWriterOptions) {
    this.#options = options;
    this.#next = options.first;
  }

  /** The segment that is written to; undefined before the first record and after a failure. */
  get segment(): number | undefined {
    return this.#active?.segment;
  }

  /** Whether the newest group did not reach the disk. */
  get failing(): boolean {
    return this.#failing;
  }

  /** Records that wait for the disk, those being written among them. */
  get waiting(): number {
    return this.#waiting.length + this.#underWay;
  }

  /**
   * Resolves with where the record lies, once it is on the disk. Rejects with JournalUnavailableError when it is not
   * known to be: it may be found there all the same after a crash.
   */
  append(payload: Buffer): Promise<Location> {
    if (this.#closed) return Promise.reject(new JournalUnavailableError('the journal is closed'));
    const frame = frameOf(payload);
    if (this.#waitingBytes + frame.length > WAITING_BYTES_MAX) {
      return Promise.reject(
        new JournalUnavailableError('the disk is too slow: too much waits to be written'),
      );
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ frame, resolve, reject });
      this.#waitingBytes += frame.length;
      this.#running ??= this.#run().finally(() => {
        this.#running = undefined;
      });
    });
  }

  /** Writes what waits, then closes the file. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
    const active = this.#active;
    this.#active = undefined;
    await active?.file.close();
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      let failure: Error | undefined;
      const active = await this.#ready().catch((error: unknown) => {
        failure = unavailable(error);
        return undefined;
      });
      // Taken after the file is ready: more may have come.
      const group = this.#takeGroup();
      this.#underWay = group.length;
      if (active !== undefined) failure = await this.#commit(active, group);
      this.#underWay = 0;
      this.#failing = failure !== undefined;
      if (failure !== undefined) for (const { reject } of group) reject(failure);
    }
  }

  #takeGroup(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { frame } of this.#waiting) {
      if (count > 0 && bytes + frame.length > GROUP_BYTES_MAX) break;
      bytes += frame.length;
      count += 1;
    }
    this.#waitingBytes -= bytes;
    return this.#waiting.splice(0, count);
  }

  async #commit(active: ActiveSegment, group: readonly Waiting[]): Promise<Error | undefined> {
    const { segment, file, size } = active;
    const data = Buffer.concat(group.map(({ frame }) => frame));
    const startedAt = performance.now();
    const failure = await writeGroup(file, data, size);
    if (failure !== undefined) {
      if (!failure.reusable) await this.#abandon(active);
      return failure.error;
    }
    active.size = size + data.length;
    const durationMs = performance.now() - startedAt;
    this.#options.onCommit({ records: group.length, bytes: data.length, durationMs });
    let offset = size;
    for (const { frame, resolve } of group) {
      resolve({ segment, offset, bytes: frame.length });
      offset += frame.length;
    }
    return undefined;
  }

  async #ready(): Promise<ActiveSegment> {
    if (this.#active !== undefined && this.#active.size < this.#options.segmentBytes) return this.#active;
    if (this.#active !== undefined) await this.#abandon(this.#active);
    const { disk, dir, heading, onSegment } = this.#options;
    const segment = this.#next;
    const name = segmentName(segment);
    const file = await disk.create(dir, name);
    this.#next += 1;
    const head = frameOf(heading(segment));
    const failure = await writeGroup(file, head, 0);
    if (failure !== undefined) {
      await file.close().catch(() => undefined);
      await disk.remove(`${dir}/${name}`).catch(() => undefined);
      throw failure.error;
    }
    this.#active = { segment, file, size: head.length };
    onSegment(segment, head.length);
    return this.#active;
  }

  async #abandon(active: ActiveSegment): Promise<void> {
    this.#active = undefined;
    await active.file.close().catch(() => undefined);
  }
}

interface Failure {
  readonly error: JournalUnavailableError;
  /** What was written of the group is cut off, and the file may be appended to. */
  readonly reusable: boolean;
}

async function writeGroup(file: SegmentFile, data: Buffer, position: number): Promise<Failure | undefined> {
  let written = false;
  try {
    await file.write(data, position);
    written = true;
    await file.sync();
    return undefined;
  } catch (error) {
    const cut = await file.truncate(position).then(
      () => true,
      () => false,
    );
    return { error: unavailable(error), reusable: cut && !written };
  }
}

function unavailable(error: unknown): JournalUnavailableError {
  if (error instanceof JournalUnavailableError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  const reason = code === 'ENOSPC' || code === 'EDQUOT' ? 'the disk is full' : message;
  return new JournalUnavailableError(`the journal cannot be written: ${reason}`, { cause: error });
}
