import { createHash } from 'node:crypto';
import { NovaError } from '@nova-torch/protocol';
import { asStrings, type Broker, defineScript } from '@nova-torch/streams';
import { canonicalJson } from '../domain/canonical-json.ts';
import { type IdempotentKind, idempotencyKey } from './keys.ts';

/** One request that may be repeated: its key, the body as it came, and the id it gets if it is the first. */
export interface Reservation {
  key: string;
  body: unknown;
  id: string;
}

/** What a key stands for: the id to go on with, or that it was used with another body. */
export type Reserved =
  | { ok: true; id: string; repeated: boolean; at: { readonly key: string; readonly value: string } }
  | { ok: false };

/** Remembers (submitter, Idempotency-Key) → (id, body), for as long as the id may matter. */
export interface IdempotencyStore {
  /** Reserves all keys in one script; answers in the same order. Rejects with the broker's error: nothing is done then. */
  reserve(kind: IdempotentKind, submitter: string, reservations: readonly Reservation[]): Promise<Reserved[]>;
  /** Whether the key was reserved before. Rejects with the broker's error. */
  knows(kind: IdempotentKind, submitter: string, key: string): Promise<boolean>;
}

const script = defineScript<string[]>({
  name: 'reserve-ids',
  file: new URL('./reserve-ids.lua', import.meta.url),
  parse: asStrings,
});

/** Keys of one script call: it stays under a millisecond. */
const KEYS_PER_CALL = 256;

/**
 * Makes the store of a partition. `ttlMs` is how long a key is remembered. `kept` knows values that hold although the broker
 * may have lost them.
 */
export function createIdempotencyStore(
  broker: Broker,
  partition: number,
  { ttlMs, kept }: { ttlMs: number; kept: (key: string) => Promise<string | undefined> },
): IdempotencyStore {
  return {
    async knows(kind, submitter, key) {
      const place = idempotencyKey(partition, kind, submitter, key);
      return (await kept(place)) !== undefined || Number(await broker.call('EXISTS', place)) > 0;
    },
    async reserve(kind, submitter, reservations) {
      const wanted = reservations.map(({ key, body, id }) => ({
        key: idempotencyKey(partition, kind, submitter, key),
        id,
        hash: createHash('sha256').update(canonicalJson(body)).digest('base64url'),
      }));
      const values = await Promise.all(wanted.map((one) => valueFor(one, kept)));
      const places = wanted.map(({ key }, index) => ({ key, value: values[index] ?? '' }));
      const held = await holdReservations(broker, places, ttlMs);
      return wanted.map((one, index) => compare(held[index] ?? '', one));
    },
  };
}

/** Gives each key its value unless it has one; answers with what each holds then. Rejects with the broker's error. */
export async function holdReservations(
  broker: Broker,
  places: readonly { readonly key: string; readonly value: string }[],
  ttlMs: number,
): Promise<string[]> {
  const held: string[] = [];
  for (let from = 0; from < places.length; from += KEYS_PER_CALL) {
    const chunk = places.slice(from, from + KEYS_PER_CALL);
    const values = await broker.run(script, {
      keys: chunk.map(({ key }) => key),
      args: [ttlMs, ...chunk.map(({ value }) => value)],
    });
    held.push(...values);
  }
  return held;
}

interface Wanted {
  readonly key: string;
  readonly id: string;
  readonly hash: string;
}

/** What the key gets if the broker does not know it: the value it had, or a new one. */
const valueFor = async ({ key, id, hash }: Wanted, kept: (key: string) => Promise<string | undefined>) =>
  (await kept(key)) ?? `${id} ${hash}`;

function compare(held: string, { key, id, hash }: Wanted): Reserved {
  const [heldId = '', heldHash] = held.split(' ');
  if (heldHash !== hash) return { ok: false };
  return { ok: true, id: heldId, repeated: heldId !== id, at: { key, value: held } };
}

/** The id to go on with; throws IDEMPOTENCY_CONFLICT when the key was used with another body. */
export function reservedId(reserved: Reserved | undefined, key: string): string {
  if (reserved?.ok) return reserved.id;
  throw new NovaError('IDEMPOTENCY_CONFLICT', `The key ${JSON.stringify(key)} was used with another body.`, {
    field: 'Idempotency-Key',
  });
}
