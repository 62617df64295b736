// Keys, fields and values as the lines of a backup hold them: as text where the bytes are UTF-8, else in base64.
import { isUtf8 } from 'node:buffer';

/** What a key, a field or a value is in a backup. */
export type Text = string | { readonly b64: string };

/** Bytes as a broker sent them. */
export function textOf(bytes: unknown): Text {
  if (!Buffer.isBuffer(bytes)) return String(bytes);
  return isUtf8(bytes) ? bytes.toString('utf8') : { b64: bytes.toString('base64') };
}

/** The bytes again, as a command takes them. */
export function bytesOf(text: Text): string | Buffer {
  return typeof text === 'string' ? text : Buffer.from(text.b64, 'base64');
}

/** For messages to people, and to tell keys apart. */
export function shown(text: Text): string {
  return typeof text === 'string' ? text : `base64:${text.b64}`;
}
