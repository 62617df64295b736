// How a record lies in a file: mark (4 bytes), length (4), CRC-32 of length and payload (4), payload.
//
// The payload is JSON text, which has no zero bytes; a length below 16 MiB begins with one. So no payload can hold what
// looks like a frame, and after damage the next frame is found by its mark.
import { crc32 } from 'node:zlib';

const MARK = Buffer.from('NTJ1');
/** Bytes of a frame besides its payload. */
export const FRAME_OVERHEAD = 12;
/** The largest payload, in bytes: a task with its result and their envelopes is far smaller. */
export const FRAME_PAYLOAD_MAX = 1024 * 1024;

/** A record as it was found. */
export interface Frame {
  /** Where it begins in its file. */
  readonly offset: number;
  /** Bytes of the whole frame. */
  readonly bytes: number;
  readonly payload: Buffer;
}

/** Bytes that are no valid frame. */
export interface Damage {
  readonly offset: number;
  readonly bytes: number;
  /** Nothing valid follows: at the end of the newest file this is a write that was cut short. */
  readonly atEnd: boolean;
}

/** Wraps a payload; throws RangeError for one that is empty or larger than FRAME_PAYLOAD_MAX. */
export function frameOf(payload: Buffer): Buffer {
  if (payload.length === 0 || payload.length > FRAME_PAYLOAD_MAX) {
    throw new RangeError(`a record of ${payload.length} bytes does not fit the journal`);
  }
  const frame = Buffer.allocUnsafe(FRAME_OVERHEAD + payload.length);
  MARK.copy(frame, 0);
  frame.writeUInt32BE(payload.length, 4);
  payload.copy(frame, FRAME_OVERHEAD);
  frame.writeUInt32BE(checksum(frame, 0, payload.length), 8);
  return frame;
}

/** The frame that begins at `offset`, or undefined if none valid does. */
export function frameAt(file: Buffer, offset: number): Frame | undefined {
  if (offset + FRAME_OVERHEAD > file.length) return undefined;
  if (file.compare(MARK, 0, MARK.length, offset, offset + MARK.length) !== 0) return undefined;
  const length = file.readUInt32BE(offset + 4);
  const end = offset + FRAME_OVERHEAD + length;
  if (length === 0 || length > FRAME_PAYLOAD_MAX || end > file.length) return undefined;
  if (file.readUInt32BE(offset + 8) !== checksum(file, offset, length)) return undefined;
  return { offset, bytes: end - offset, payload: file.subarray(offset + FRAME_OVERHEAD, end) };
}

/** Everything in a file: the valid frames and the stretches between them that are none. */
export function scanFrames(file: Buffer): { readonly frames: Frame[]; readonly damage: Damage[] } {
  const frames: Frame[] = [];
  const damage: Damage[] = [];
  let offset = 0;
  while (offset < file.length) {
    const frame = frameAt(file, offset);
    if (frame !== undefined) {
      frames.push(frame);
      offset += frame.bytes;
      continue;
    }
    const next = nextFrame(file, offset + 1);
    damage.push({ offset, bytes: (next ?? file.length) - offset, atEnd: next === undefined });
    offset = next ?? file.length;
  }
  return { frames, damage };
}

function nextFrame(file: Buffer, from: number): number | undefined {
  for (let at = file.indexOf(MARK, from); at !== -1; at = file.indexOf(MARK, at + 1)) {
    if (frameAt(file, at) !== undefined) return at;
  }
  return undefined;
}

function checksum(file: Buffer, offset: number, length: number): number {
  const ofLength = crc32(file.subarray(offset + 4, offset + 8));
  return crc32(file.subarray(offset + FRAME_OVERHEAD, offset + FRAME_OVERHEAD + length), ofLength);
}
