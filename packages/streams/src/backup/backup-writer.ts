import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { finished } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { KeyDigest } from './digest.ts';
import {
  encodeLine,
  type Header,
  type Item,
  type KeyHead,
  type PendingEntry,
  type Trailer,
} from './format.ts';
import { shown, type Text } from './text.ts';

type PartLine = KeyHead | { items: readonly Item[] } | { pending: readonly [Text, readonly PendingEntry[]] };

/** Handed over to gzip at once: each hand-over is a trip to another thread. */
const WRITE_CHARS = 128 * 1024;

export interface WrittenBackup {
  readonly trailer: Trailer;
  /** Size of the file. */
  readonly bytes: number;
}

/**
 * Writes the file of a backup from the lines of its keys. The file appears under its name only when it is whole and on disk.
 * @param keys for each key the text of its lines, without the last one, in pieces that end with a line
 */
export async function writeBackup(
  path: string,
  header: Header,
  keys: AsyncIterable<AsyncIterable<string>>,
): Promise<WrittenBackup> {
  const partial = `${path}.partial`;
  const gzip = createGzip({ level: 4 });
  const file = createWriteStream(partial, { mode: 0o600, flush: true });
  const done = finished(gzip.pipe(file));
  done.catch(() => undefined);
  const hash = createHash('sha256');
  let waiting = '';
  const flush = async (): Promise<void> => {
    const text = waiting;
    waiting = '';
    hash.update(text);
    if (text !== '' && !gzip.write(text)) await Promise.race([once(gzip, 'drain'), done]);
  };
  const put = async (text: string): Promise<void> => {
    waiting += text;
    if (waiting.length >= WRITE_CHARS) await flush();
  };
  try {
    await put(encodeLine(header));
    const counts = { keys: 0, items: 0, pending: 0, by_type: {} as Record<string, number> };
    for await (const texts of keys) {
      const { type, items, pending } = await putKey(texts, put);
      counts.keys += 1;
      counts.items += items;
      counts.pending += pending;
      counts.by_type[type] = (counts.by_type[type] ?? 0) + 1;
    }
    await flush();
    const trailer: Trailer = { ...counts, sha256: hash.digest('hex') };
    gzip.end(encodeLine({ trailer }));
    await done;
    await rename(partial, path);
    await syncDirectory(dirname(path));
    return { trailer, bytes: (await stat(path)).size };
  } catch (error) {
    gzip.destroy();
    file.destroy();
    await done.catch(() => undefined);
    await rm(partial, { force: true });
    throw error;
  }
}

async function putKey(
  texts: AsyncIterable<string>,
  put: (text: string) => Promise<void>,
): Promise<{ type: string; items: number; pending: number }> {
  let head: KeyHead | undefined;
  let digest: KeyDigest | undefined;
  for await (const text of texts) {
    for (const lineText of text.split('\n')) {
      if (lineText === '') continue;
      const line = JSON.parse(lineText) as PartLine;
      if ('key' in line) {
        head = line;
        digest = new KeyDigest(line);
      } else if ('items' in line) digest?.items(line.items);
      else digest?.pending(...line.pending);
    }
    await put(text);
  }
  if (head === undefined || digest === undefined) throw new Error('a key without its first line');
  const end = digest.end();
  await put(encodeLine({ end }));
  return { type: shown(head.type), ...end };
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
