import { join } from 'node:path';
import type { Disk } from './disk.ts';
import { JournalFormatError } from './errors.ts';
import { type Damage, type Frame, scanFrames } from './frames.ts';

const NAME = /^(\d{10})\.segment$/;
const IDENTITY_FILE = 'journal.json';

export const segmentName = (segment: number): string => `${String(segment).padStart(10, '0')}.segment`;

/** Numbers of the segments in a directory, the oldest first. */
export async function listSegments(disk: Disk, dir: string): Promise<number[]> {
  return (await disk.list(dir))
    .flatMap((name) => NAME.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

export interface ReadSegment {
  readonly segment: number;
  readonly bytes: number;
  readonly frames: readonly Frame[];
  readonly damage: readonly Damage[];
}

/** Reads one segment whole: at most a segment's size plus one group of records is in memory. */
export async function readSegment(disk: Disk, dir: string, segment: number): Promise<ReadSegment> {
  const file = await disk.readWhole(join(dir, segmentName(segment)));
  return { segment, bytes: file.length, ...scanFrames(file) };
}

/** The id of the journal in a directory; undefined for a directory without one. */
export async function readIdentity(disk: Disk, dir: string): Promise<string | undefined> {
  if (!(await disk.list(dir)).includes(IDENTITY_FILE)) return undefined;
  const text = (await disk.readWhole(join(dir, IDENTITY_FILE))).toString('utf8');
  try {
    const { version, journal } = JSON.parse(text) as { version?: unknown; journal?: unknown };
    if (version === 1 && typeof journal === 'string') return journal;
  } catch {
    // Said below.
  }
  throw new JournalFormatError(`${join(dir, IDENTITY_FILE)} is not of a journal this version can read`);
}

/** Gives the journal in a directory its id. */
export const writeIdentity = (disk: Disk, dir: string, journal: string): Promise<void> =>
  disk.replace(dir, IDENTITY_FILE, `${JSON.stringify({ version: 1, journal })}\n`);
