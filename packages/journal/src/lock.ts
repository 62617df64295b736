// One writer per directory. The lock is the kernel's lock of a file (fcntl(2)), which goes with the process that has it,
// however that ends, and holds between containers that share the directory. Node offers such locks through its SQLite
// alone: nothing is ever written into the file. The file beside it only says who.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { JournalLockedError } from './errors.ts';

const LOCK_FILE = 'lock.db';
const HOLDER_FILE = 'lock';
const SQLITE_BUSY = 5;

export interface DirectoryLock {
  release(): void;
}

/** Takes the lock of a directory that exists; throws JournalLockedError while another process or journal has it. */
export function lockDirectory(dir: string): DirectoryLock {
  const file = join(dir, HOLDER_FILE);
  const lock = new DatabaseSync(join(dir, LOCK_FILE), { timeout: 0 });
  try {
    // Without a rollback journal nothing is written, so a full disk keeps nobody from holding the lock.
    lock.exec('PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    throw isBusy(error) ? new JournalLockedError(dir, holderOf(file)) : error;
  }
  try {
    writeFileSync(file, `process ${process.pid} on ${hostname()}\n`, { mode: 0o600 });
  } catch {
    // A full disk: it is not told who holds the lock.
  }
  return {
    release() {
      rmSync(file, { force: true });
      lock.close();
    },
  };
}

function isBusy(error: unknown): boolean {
  return ((error as { errcode?: number }).errcode ?? 0) % 256 === SQLITE_BUSY;
}

function holderOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim() || 'another process';
  } catch {
    return 'another process';
  }
}
