import { randomUUID } from 'node:crypto';
import type { Codec, MessageHead } from '@nova-torch/streams';

export const TAG = '{soak}';
export const GROUP = 'stations';
export const WORK = 'soak.work.v1';
export const QUESTION = 'soak.question.v1';

/** `n` is the message's number in the book of the station it goes to. */
export interface SoakMessage extends MessageHead {
  payload: { n: number };
}

export const soakCodec: Codec<SoakMessage> = {
  encode: (message) => JSON.stringify(message),
  decode(json) {
    try {
      return { ok: true, message: JSON.parse(json) as SoakMessage };
    } catch {
      return { ok: false, error: 'not JSON' };
    }
  },
};

export function soakMessage(type: string, n: number): SoakMessage {
  return {
    id: randomUUID(),
    timestamp: Date.now() / 1000,
    sender: 'soak',
    target: 'station',
    type,
    payload: { n },
  };
}

/** The work of a station. */
export const workStream = (station: number): string => `${TAG}.work.${station}`;
/** What a station has done: one message for each of its work. */
export const doneStream = (station: number): string => `${TAG}.done.${station}`;
/** What a station calls itself at the broker. */
export const stationName = (station: number): string => `station-${station}`;

/** Whose connection that is, and what for, by the name the broker shows; station -1 for one without a name yet. */
export function ownerOf(connectionName: string): { station: number; purpose: string } {
  const [, station = '-1', purpose = ''] = /^station-(\d+)-(.*)$/.exec(connectionName) ?? [];
  return { station: Number(station), purpose };
}
