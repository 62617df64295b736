// The few things a journal asks of a file system.
import { mkdir, open, readdir, readFile, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';

/** A file that is appended to. */
export interface SegmentFile {
  /** Writes all of `data` at `position`, or rejects with what was written so far left behind. */
  write(data: Buffer, position: number): Promise<void>;
  /** Resolves when everything written is on the disk. */
  sync(): Promise<void>;
  read(position: number, bytes: number): Promise<Buffer>;
  truncate(bytes: number): Promise<void>;
  close(): Promise<void>;
}

/** Where a journal lies. Tests put one that fails in its place. */
export interface Disk {
  makeDirectory(dir: string): Promise<void>;
  list(dir: string): Promise<string[]>;
  size(path: string): Promise<number>;
  readWhole(path: string): Promise<Buffer>;
  /** Replaces a small file as a whole, durably. */
  replace(dir: string, name: string, content: string): Promise<void>;
  /** Makes an empty file, durably; rejects if there is one. */
  create(dir: string, name: string): Promise<SegmentFile>;
  openExisting(path: string): Promise<SegmentFile>;
  remove(path: string): Promise<void>;
}

/** The machine's own disk. Files are readable by their owner only. */
export const realDisk: Disk = {
  async makeDirectory(dir) {
    await mkdir(dir, { recursive: true, mode: 0o700 });
  },
  list: (dir) => readdir(dir),
  size: async (path) => (await stat(path)).size,
  readWhole: (path) => readFile(path),
  async replace(dir, name, content) {
    const temporary = join(dir, `${name}.new`);
    const file = await open(temporary, 'w', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, join(dir, name));
    await syncDirectory(dir);
  },
  async create(dir, name) {
    const file = await openFile(join(dir, name), 'wx+');
    await syncDirectory(dir);
    return file;
  },
  openExisting: (path) => openFile(path, 'r+'),
  remove: (path) => unlink(path),
};

async function openFile(path: string, flags: string): Promise<SegmentFile> {
  const file = await open(path, flags, 0o600);
  return {
    async write(data, position) {
      for (let done = 0; done < data.length; ) {
        done += (await file.write(data, done, data.length - done, position + done)).bytesWritten;
      }
    },
    sync: () => file.datasync(),
    async read(position, bytes) {
      const buffer = Buffer.allocUnsafe(bytes);
      const { bytesRead } = await file.read(buffer, 0, bytes, position);
      return buffer.subarray(0, bytesRead);
    },
    truncate: (bytes) => file.truncate(bytes),
    close: () => file.close(),
  };
}

async function syncDirectory(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
