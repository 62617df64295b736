// One running installation per directory. The lock is a socket name of Linux's abstract namespace (unix(7)): the kernel
// gives it to one process and takes it back when that process ends, however it ends. The file beside it only says who.
import { createHash } from 'node:crypto';
import { readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';

export interface LockHolder {
  pid: number;
  api_url: string;
}

export type Lock =
  | { acquired: true; release: () => Promise<void> }
  | { acquired: false; holder: LockHolder | undefined };

function listen(name: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen({ path: name }, () => resolve(server.unref()));
  });
}

/** Takes the lock of a directory (which must exist), or says who holds it, as far as its file tells. */
export async function acquireLock(home: string, apiUrl: string): Promise<Lock> {
  const digest = createHash('sha256').update(realpathSync(home)).digest('hex').slice(0, 32);
  const file = join(home, 'up.lock');
  const server = await listen(`\0nova-torch-up-${digest}`);
  if (!server) return { acquired: false, holder: readHolder(file) };
  writeFileSync(file, JSON.stringify({ pid: process.pid, api_url: apiUrl } satisfies LockHolder), {
    mode: 0o600,
  });
  return {
    acquired: true,
    release: async () => {
      rmSync(file, { force: true });
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function readHolder(file: string): LockHolder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as LockHolder;
  } catch {
    return undefined;
  }
}
