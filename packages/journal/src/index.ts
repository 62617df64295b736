export { type Disk, realDisk, type SegmentFile } from './disk.ts';
export { JournalFormatError, JournalLockedError, JournalUnavailableError } from './errors.ts';
export { inspectJournal, type JournalReport, type ListedTask, type SegmentReport } from './inspect.ts';
export { type Journal, openJournal } from './journal.ts';
export type { FoundDamage, JournalOptions, JournalStatus, KeptTask } from './journal-options.ts';
export {
  dependenciesOf,
  type Ending,
  type Reservation,
  type Submission,
  type TaskOutline,
} from './records.ts';
export type { Commit } from './segment-writer.ts';
