// What a backup has read, on disk while it runs: a key that changes is read again, and only its last reading goes into the
// backup.
import { type FileHandle, open, rm } from 'node:fs/promises';

/** Where a text stands in the spool. */
export interface Range {
  readonly at: number;
  readonly bytes: number;
}

const FLUSH_BYTES = 1024 * 1024;

/** A file that grows at its end and can be read anywhere. One caller at a time may append. */
export class Spool {
  readonly #file: FileHandle;
  #written = 0;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #writing: Promise<void> = Promise.resolve();

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Makes it without a name, so that nothing of it is left whatever ends this process; `path` is where it gets its room. */
  static async create(path: string): Promise<Spool> {
    const file = await open(path, 'wx+', 0o600);
    await rm(path);
    return new Spool(file);
  }

  /** Resolves when there is room for more; where the text stands is known at once. */
  append(text: string): { range: Range; room: Promise<void> } {
    const bytes = Buffer.from(text);
    const range = { at: this.#written + this.#waitingBytes, bytes: bytes.length };
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    return { range, room: this.#waitingBytes >= FLUSH_BYTES ? this.flush() : Promise.resolve() };
  }

  async flush(): Promise<void> {
    const block = Buffer.concat(this.#waiting);
    const at = this.#written;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#written += block.length;
    this.#writing = this.#writing.then(() => writeAll(this.#file, block, at));
    await this.#writing;
  }

  /** Reads what stands there. Call `flush` before, once, for what was appended lately. */
  async read({ at, bytes }: Range): Promise<string> {
    const block = Buffer.allocUnsafe(bytes);
    for (let done = 0; done < bytes; ) {
      const { bytesRead } = await this.#file.read(block, done, bytes - done, at + done);
      if (bytesRead === 0) throw new Error('the spool is shorter than what was written to it');
      done += bytesRead;
    }
    return block.toString('utf8');
  }

  /** Gives its room back. */
  async close(): Promise<void> {
    await this.#writing.catch(() => undefined);
    await this.#file.close();
  }
}

async function writeAll(file: FileHandle, block: Buffer, at: number): Promise<void> {
  for (let done = 0; done < block.length; ) {
    const { bytesWritten } = await file.write(block, done, block.length - done, at + done);
    done += bytesWritten;
  }
}
