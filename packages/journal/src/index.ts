export { type Disk, realDisk, type SegmentFile } from './disk.ts';
export { JournalFormatError, JournalLockedError, JournalUnavailableError } from './errors.ts';
export { inspectJournal, type JournalReport, type ListedTask, type SegmentReport } from './inspect.ts';
export { type Journal, openJournal } from './journal.ts';
export type { FoundDamage, JournalOptions, JournalStatus, KeptTask } from './journal-options.ts';
export type { Ending, Reservation, Submission, TaskOutline } from './records.ts';
export type { Commit } from './segment-writer.ts';
