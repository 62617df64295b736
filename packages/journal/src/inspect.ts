// Looking at a journal without being its writer; nothing is changed. A journal in use may be looked at too: its last
// record may then be half written.
import type { Disk } from './disk.ts';
import { realDisk } from './disk.ts';
import { JournalFormatError } from './errors.ts';
import type { Damage } from './frames.ts';
import { JournalIndex } from './journal-index.ts';
import { decodeRecord } from './records.ts';
import { listSegments, readIdentity, readSegment, segmentName } from './segments.ts';

export interface SegmentReport {
  readonly file: string;
  readonly bytes: number;
  readonly records: number;
  readonly damage: readonly Damage[];
}

export interface JournalReport {
  readonly journal: string;
  readonly segments: readonly SegmentReport[];
  readonly records: number;
  readonly open: number;
  readonly ended: number;
  /** Bytes that are no record, but for a cut end of the newest segment. */
  readonly damaged_bytes: number;
  /** Bytes of a write that was cut short, or is under way. */
  readonly cut_bytes: number;
}

export interface ListedTask {
  readonly task_id: string;
  readonly submitted_at_ms: number;
  readonly submitter: string;
  /** `open`, or how it ended. */
  readonly status: string;
  readonly title: string;
  readonly workflow_id: string | undefined;
}

/** Reads a journal and says what is in it. Rejects with JournalFormatError for a directory without one. */
export async function inspectJournal(
  dir: string,
  onTask?: (task: ListedTask) => void,
  disk: Disk = realDisk,
): Promise<JournalReport> {
  const journal = await readIdentity(disk, dir);
  if (journal === undefined) throw new JournalFormatError(`there is no journal in ${dir}`);
  const index = new JournalIndex();
  const listed = new Map<string, ListedTask>();
  const segments: SegmentReport[] = [];
  for (const segment of await listSegments(disk, dir)) {
    const { bytes, frames, damage } = await readSegment(disk, dir, segment);
    segments.push({ file: segmentName(segment), bytes, records: frames.length, damage });
    for (const { payload, ...frame } of frames) {
      const record = decodeRecord(payload);
      const location = { segment, offset: frame.offset, bytes: frame.bytes };
      if (record?.t === 'task') {
        index.noteTask(record.n, record.task, location);
        const { task_id, submitted_at_ms, submitter, spec } = record.task;
        const { workflow_id, title } = spec;
        listed.set(task_id, {
          ...{ task_id, submitted_at_ms, submitter, workflow_id, status: 'open' },
          title: typeof title === 'string' ? title : '',
        });
      } else if (record?.t === 'end') index.noteEnd(record.end, location);
      else if (record?.t === 'again') index.noteAgain(record.task_id);
    }
  }
  if (onTask !== undefined) {
    for (const { task_id, end } of index.entries()) {
      const task = listed.get(task_id);
      if (task !== undefined) onTask({ ...task, status: end?.status ?? 'open' });
    }
  }
  const last = segments.at(-1);
  const cutBytes = (last?.damage ?? []).reduce((sum, { atEnd, bytes }) => sum + (atEnd ? bytes : 0), 0);
  const noRecord = segments.flatMap(({ damage }) => damage).reduce((sum, { bytes }) => sum + bytes, 0);
  return {
    journal,
    segments,
    records: segments.reduce((sum, { records }) => sum + records, 0),
    open: index.openCount,
    ended: index.endedCount,
    damaged_bytes: noRecord - cutBytes,
    cut_bytes: cutBytes,
  };
}
