// One file of a workspace against what a task asks of it.
//
// F1 What counts is where the file really is: links are followed, and what lies outside of the workspace is not there.
// F2 Only regular files are opened, so that no pipe or device holds the check up.
// F3 A file is read in pieces and never kept; what is too large to be searched is not met, and says so.
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { type FileCriterion, LinearPattern } from '@nova-torch/protocol';
import type { CheckContext, Finding } from './check-criteria.ts';

/** Of files up to this size the content is searched. */
export const SEARCHED_BYTES_MAX = 16 * 1024 * 1024;
/** Of files up to this size the digest is made. */
export const DIGESTED_BYTES_MAX = 4 * 1024 * 1024 * 1024;
const PIECE_BYTES = 64 * 1024;

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist: a part of its path is no directory',
  EACCES: 'cannot be read: permission denied',
  ELOOP: 'cannot be found: its links lead in a circle',
};

/** Looks for the file and at its content. Rejects only for errors of the disk, and when the signal is aborted. */
export async function checkFile(
  wanted: FileCriterion,
  { workspace, signal }: Pick<CheckContext, 'workspace' | 'signal'>,
): Promise<Finding> {
  const { path } = wanted;
  try {
    const root = await realpath(workspace);
    const real = await realpath(join(root, path));
    if (!real.startsWith(root.endsWith(sep) ? root : root + sep))
      return unmet(path, 'leads out of the workspace');
    // Without waiting for the other end of a pipe; what it really was is known only once it is open.
    const file = await open(real, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    try {
      return await checkOpen(wanted, file, signal);
    } finally {
      await file.close();
    }
  } catch (error) {
    const why = WHY[(error as NodeJS.ErrnoException).code ?? ''];
    if (why === undefined) throw error;
    return unmet(path, why);
  }
}

async function checkOpen(wanted: FileCriterion, file: FileHandle, signal: AbortSignal): Promise<Finding> {
  const { path, min_bytes: min = 0, max_bytes: max = Number.POSITIVE_INFINITY } = wanted;
  const stat = await file.stat();
  if (!stat.isFile()) return unmet(path, 'is not a regular file');
  if (stat.size < min) return unmet(path, `has ${stat.size} bytes, fewer than ${min}`);
  if (stat.size > max) return unmet(path, `has ${stat.size} bytes, more than ${max}`);
  const searches = searchesOf(wanted);
  if (searches.length > 0 && stat.size > SEARCHED_BYTES_MAX) {
    return unmet(path, `has ${stat.size} bytes; files above ${SEARCHED_BYTES_MAX} are not searched`);
  }
  if (wanted.sha256 !== undefined && stat.size > DIGESTED_BYTES_MAX) {
    return unmet(path, `has ${stat.size} bytes; of files above ${DIGESTED_BYTES_MAX} no digest is made`);
  }
  const digest = wanted.sha256 === undefined ? undefined : createHash('sha256');
  if (searches.length > 0 || digest !== undefined) {
    const decoder = new TextDecoder();
    for await (const piece of piecesOf(file, stat.size)) {
      signal.throwIfAborted();
      digest?.update(piece);
      if (searches.length === 0) continue;
      const text = decoder.decode(piece, { stream: true });
      for (const search of searches) search.take(text);
    }
  }
  for (const search of searches) if (!search.found()) return unmet(path, search.missing);
  const sha256 = digest?.digest('hex');
  if (sha256 !== wanted.sha256) return unmet(path, `has the sha256 ${sha256}, not ${wanted.sha256}`);
  return { met: true, found: `${path} has ${stat.size} bytes${foundOf(wanted)}` };
}

/** So much as the file had when it was opened: one that grows meanwhile does not hold the check up. */
async function* piecesOf(file: FileHandle, bytes: number): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafe(PIECE_BYTES);
  for (let at = 0; at < bytes; ) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(PIECE_BYTES, bytes - at), at);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}

interface Search {
  /** What is said when it was not found. */
  readonly missing: string;
  take(text: string): void;
  found(): boolean;
}

function searchesOf({ contains, matches }: FileCriterion): Search[] {
  const searches: Search[] = [];
  if (contains !== undefined) searches.push(textSearch(contains));
  if (matches !== undefined) {
    const search = new LinearPattern(matches, { multiline: true }).search();
    searches.push({
      missing: `does not match ${matches}`,
      take: (text) => void search.take(text),
      found: () => search.end(),
    });
  }
  return searches;
}

function textSearch(wanted: string): Search {
  let seen = false;
  let tail = '';
  return {
    missing: `does not contain ${JSON.stringify(wanted)}`,
    take(text) {
      if (seen) return;
      const whole = tail + text;
      seen = whole.includes(wanted);
      tail = whole.slice(-wanted.length);
    },
    found: () => seen,
  };
}

function foundOf({ contains, matches, sha256 }: FileCriterion): string {
  const found = [
    ...(contains === undefined ? [] : ['the text']),
    ...(matches === undefined ? [] : ['a match']),
    ...(sha256 === undefined ? [] : ['the sha256']),
  ];
  return found.length === 0 ? '' : ` and ${found.join(', ')} asked for`;
}

const unmet = (path: string, why: string): Finding => ({ met: false, found: `${path} ${why}` });
