import { asTimeMs } from '../replies.ts';
import { readBackup } from './backup-reader.ts';
import { compareKey } from './compare-key.ts';
import { type Connection, connect } from './connection.ts';
import { BackupRefusedError, type Counts, type Header, type KeyEnd, type KeyHead } from './format.ts';
import { brokerUsers } from './in-use.ts';
import { KeyMovedError, steady } from './read-key.ts';
import type { EntryItem } from './read-stream.ts';
import { CommandFlow, restoreItems, StreamRestore } from './restore-key.ts';
import { listKeys } from './scan.ts';
import { bytesOf, shown } from './text.ts';

export interface RestoreBackupOptions {
  readonly url: string;
  readonly file: string;
  /** Deletes what the target holds under the backup's prefixes; without, a target that holds something is refused. */
  readonly replace?: boolean | undefined;
}

export interface RestoreReport extends Counts {
  readonly header: Header;
  readonly target: { readonly kind: string; readonly version: string };
  /** Keys whose time was over by the target's clock. */
  readonly expired: number;
  /** Keys that were deleted before. */
  readonly replaced: number;
  readonly took_ms: number;
}

const KEYS_AT_ONCE = 128;
const DELETED_AT_ONCE = 500;
const DIFFERENCES_SHOWN = 5;

/**
 * Checks the file, writes it into a broker nobody works on, and compares afterwards every key with the file. Rejects with
 * BackupDamagedError before anything is written, with BackupRefusedError if the target is in use, not empty, or does not hold
 * afterwards what the file says.
 */
export async function restoreBackup(options: RestoreBackupOptions): Promise<RestoreReport> {
  const since = performance.now();
  const { url, file, replace = false } = options;
  const { header, trailer } = await readBackup(file);
  const connection = await connect(url, 'backup restoring');
  try {
    await refuseIfUsed(connection);
    const replaced = await makeRoom(connection, header.prefixes, replace);
    const nowMs = asTimeMs(await connection.ask('TIME'));
    await write(connection, file, nowMs);
    const expired = await compare(connection, file, header.prefixes);
    const { kind, version } = connection;
    const { sha256: _, ...counts } = trailer;
    const tookMs = Math.round(performance.now() - since);
    return { ...counts, header, target: { kind, version }, expired, replaced, took_ms: tookMs };
  } finally {
    connection.close();
  }
}

async function refuseIfUsed(connection: Connection): Promise<void> {
  const users = await brokerUsers(connection);
  if (users.length === 0) return;
  throw new BackupRefusedError(
    `${connection.address} is in use by ${users.slice(0, DIFFERENCES_SHOWN).join(', ')}: stop the services and agents on it first`,
  );
}

async function makeRoom(
  connection: Connection,
  prefixes: readonly string[],
  replace: boolean,
): Promise<number> {
  const keys = await listKeys(connection, prefixes);
  if (keys.length > 0 && !replace) {
    throw new BackupRefusedError(
      `${connection.address} is not empty: it holds ${keys.length} keys like ${shown(keys[0] ?? '')}. Restore into an empty one, or have them replaced`,
    );
  }
  for (let from = 0; from < keys.length; from += DELETED_AT_ONCE)
    await connection.ask('UNLINK', ...keys.slice(from, from + DELETED_AT_ONCE).map(bytesOf));
  return keys.length;
}

const isOver = ({ expires_at_ms: atMs }: KeyHead, nowMs: number): boolean =>
  atMs !== undefined && atMs <= nowMs;

async function write(connection: Connection, file: string, nowMs: number): Promise<void> {
  const flow = new CommandFlow(connection);
  let stream: StreamRestore | undefined;
  await readBackup(file, {
    begin(head) {
      stream = head.type === 'stream' && !isOver(head, nowMs) ? new StreamRestore(flow, head) : undefined;
    },
    pending(_, group, entries) {
      stream?.pending(group, entries);
    },
    async items(head, items) {
      if (isOver(head, nowMs)) return;
      if (stream) await stream.entries(items as EntryItem[]);
      else await restoreItems(flow, head, items);
    },
    async end(head) {
      if (isOver(head, nowMs)) return;
      await stream?.finish();
      if (head.expires_at_ms !== undefined)
        await flow.send('PEXPIREAT', bytesOf(head.key), head.expires_at_ms);
    },
  });
  await flow.settle();
}

/** Compares all keys; resolves with how many have expired since. */
async function compare(connection: Connection, file: string, prefixes: readonly string[]): Promise<number> {
  const running = new Set<Promise<void>>();
  const differences: string[] = [];
  const told = new Set<string>();
  let expired = 0;
  const compareOne = async (head: KeyHead, end: KeyEnd): Promise<void> => {
    const different = await steady(compareKey(connection, head, end)).catch((error) => {
      if (error instanceof KeyMovedError) return `${shown(head.key)} changed while it was compared`;
      throw error;
    });
    if (different === undefined) return;
    if (isOver(head, asTimeMs(await connection.ask('TIME')))) expired += 1;
    else differences.push(different);
  };
  await readBackup(file, {
    async end(head, end) {
      told.add(shown(head.key));
      const one = compareOne(head, end).finally(() => running.delete(one));
      one.catch(() => undefined);
      running.add(one);
      if (running.size >= KEYS_AT_ONCE) await Promise.race(running);
    },
  });
  await Promise.all(running);
  const strange = (await listKeys(connection, prefixes)).filter((key) => !told.has(shown(key)));
  differences.push(...strange.map((key) => `${shown(key)} is there and not in the backup`));
  if (differences.length > 0) {
    throw new BackupRefusedError(
      `after the restore ${differences.length} keys are not as the backup says: ${differences.slice(0, DIFFERENCES_SHOWN).join('; ')}`,
    );
  }
  return expired;
}
