// One writer per directory. The lock is a socket name of Linux's abstract namespace (unix(7)): the kernel gives it to one
// process and takes it back when that process ends, however it ends. The file beside it only says who.
import { createHash } from 'node:crypto';
import { readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { JournalLockedError } from './errors.ts';

const HOLDER_FILE = 'lock';

export interface DirectoryLock {
  release(): Promise<void>;
}

/** Takes the lock of a directory that exists; rejects with JournalLockedError while another process has it. */
export async function lockDirectory(dir: string): Promise<DirectoryLock> {
  const digest = createHash('sha256').update(realpathSync(dir)).digest('hex').slice(0, 32);
  const file = join(dir, HOLDER_FILE);
  const server = await listen(`\0nova-torch-journal-${digest}`);
  if (server === undefined) throw new JournalLockedError(dir, holderOf(file));
  try {
    writeFileSync(file, `process ${process.pid}\n`, { mode: 0o600 });
  } catch {
    // A full disk does not keep anybody from holding the lock.
  }
  return {
    async release() {
      rmSync(file, { force: true });
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function listen(name: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen({ path: name }, () => resolve(server.unref()));
  });
}

function holderOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim() || 'another process';
  } catch {
    return 'another process';
  }
}
