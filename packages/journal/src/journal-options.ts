import type { Disk } from './disk.ts';
import type { Damage } from './frames.ts';
import type { Ending, Submission } from './records.ts';
import type { Commit } from './segment-writer.ts';

export interface JournalOptions {
  /** Made if it is missing. */
  readonly dir: string;
  /** A segment is closed when it is at least this large, 8 MiB by default. */
  readonly segmentBytes?: number;
  /** New tasks are refused beyond this, 4 GiB by default; ends are not. */
  readonly bytesMax?: number;
  /** Ended tasks are kept at least this long for nobody in particular, 5 minutes by default. */
  readonly keepEndedMs?: number;
  /** Ended tasks kept for nobody in particular at most, 100,000 by default. */
  readonly endedMax?: number;
  readonly disk?: Disk;
  /** Told of everything unreadable that was found at the start. */
  onDamage?(damage: FoundDamage): void;
  onCommit?(commit: Commit): void;
}

/** A stretch of a file that is no record. `cut`: a write that was cut short, never reported as done; it is cut off. */
export interface FoundDamage extends Damage {
  readonly file: string;
  readonly cut: boolean;
}

/** A task with its end, as the journal has them. */
export interface KeptTask {
  readonly n: number;
  readonly task: Submission;
  readonly end: Ending | undefined;
}

export interface JournalStatus {
  readonly segments: number;
  readonly bytes: number;
  /** Bytes of records that are still needed. */
  readonly needed_bytes: number;
  readonly open: number;
  readonly ended: number;
  /** New tasks are refused: the limit is reached, or the newest write did not reach the disk. */
  readonly refusing: boolean;
}
