// What a backup has read, on disk while it runs: a key that changes is read again, and only its last reading goes into the
// backup.
import { type FileHandle, open, rm } from 'node:fs/promises';

/** Where a text stands in the spool. */
export interface Range {
  readonly at: number;
  readonly bytes: number;
}

const FLUSH_BYTES = 1024 * 1024;
const BLOCK_BYTES = 1024 * 1024;

/** A file that grows at its end and can be read anywhere. One caller at a time may append. */
export class Spool {
  readonly #file: FileHandle;
  #written = 0;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #writing: Promise<void> = Promise.resolve();
  #block: { readonly at: number; readonly data: Buffer } = { at: 0, data: Buffer.alloc(0) };

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
    let block = this.#block;
    if (at < block.at || at + bytes > block.at + block.data.length) {
      block = { at, data: await this.#readBlock(at, Math.max(bytes, BLOCK_BYTES)) };
      this.#block = block;
    }
    if (block.data.length < bytes) throw new Error('the spool is shorter than what was written to it');
    return block.data.toString('utf8', at - block.at, at - block.at + bytes);
  }

  /** As much as there is. Keys stand mostly one behind the other, so one block serves many. */
  async #readBlock(at: number, bytes: number): Promise<Buffer> {
    const block = Buffer.allocUnsafe(bytes);
    let done = 0;
    while (done < bytes) {
      const { bytesRead } = await this.#file.read(block, done, bytes - done, at + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return block.subarray(0, done);
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
