import { PayloadTooLargeError } from './errors.ts';
import type { Codec, MessageHead } from './message.ts';

/** The largest message, unless the codec knows another bound for its type: 256 KiB of payload and 16 KiB of envelope, encoded. */
export const MESSAGE_BYTES_MAX = (256 + 16) * 1024;

/** Encodes a message within the size limit; throws PayloadTooLargeError, or what the codec throws. */
export function encodeBounded<M extends MessageHead>(codec: Codec<M>, message: M): string {
  const json = codec.encode(message);
  // A UTF-16 unit takes at most three bytes, so most messages need no count.
  if (json.length * 3 > MESSAGE_BYTES_MAX) {
    const limit = codec.bytesMax?.(message.type) ?? MESSAGE_BYTES_MAX;
    const bytes = Buffer.byteLength(json);
    if (bytes > limit) throw new PayloadTooLargeError(message.type, bytes, limit);
  }
  return json;
}
