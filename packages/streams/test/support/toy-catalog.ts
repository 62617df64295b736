import { randomUUID } from 'node:crypto';
import type { Codec, MessageHead, StreamDeclaration } from '../../src/index.ts';

/** Two messages are enough to test the mechanics. */
export interface ToyMessage extends MessageHead {
  payload: { n: number; text?: string };
}

export const TAG = '{toy}';

export const toyCodec: Codec<ToyMessage> = {
  encode: (message) => JSON.stringify(message),
  decode(json) {
    try {
      const message = JSON.parse(json);
      if (typeof message.payload?.n === 'number') return { ok: true, message };
      return { ok: false, error: 'payload.n: expected a number', partial: message };
    } catch {
      return { ok: false, error: 'not JSON' };
    }
  },
};

export function toyMessage(n: number, fields: Partial<ToyMessage> = {}): ToyMessage {
  return {
    id: randomUUID(),
    timestamp: Date.now() / 1000,
    sender: 'tester',
    target: 'toy',
    type: 'toy.made.v1',
    payload: { n },
    ...fields,
  };
}

let streams = 0;

/** A work stream of its own for one test. */
export function toyStream(groups: readonly string[] = ['toys']): StreamDeclaration {
  streams += 1;
  return { key: `${TAG}.toys.${process.pid}.${streams}`, kind: 'work', groups };
}
