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
export type Reserved = { ok: true; id: string; repeated: boolean } | { ok: false };

/** Remembers (submitter, Idempotency-Key) → (id, body), for as long as the id may matter. */
export interface IdempotencyStore {
  /** Reserves all keys in one script; answers in the same order. Rejects with the broker's error: nothing is done then. */
  reserve(kind: IdempotentKind, submitter: string, reservations: readonly Reservation[]): Promise<Reserved[]>;
}

const script = defineScript<string[]>({
  name: 'reserve-ids',
  file: new URL('./reserve-ids.lua', import.meta.url),
  parse: asStrings,
});

/** Keys of one script call: it stays under a millisecond. */
const KEYS_PER_CALL = 256;

/** Makes the store of a partition. `ttlMs` is how long a key is remembered. */
export function createIdempotencyStore(broker: Broker, partition: number, ttlMs: number): IdempotencyStore {
  return {
    async reserve(kind, submitter, reservations) {
      const wanted = reservations.map(({ key, body, id }) => ({
        key: idempotencyKey(partition, kind, submitter, key),
        id,
        hash: createHash('sha256').update(canonicalJson(body)).digest('base64url'),
      }));
      const reserved: Reserved[] = [];
      for (let from = 0; from < wanted.length; from += KEYS_PER_CALL) {
        const chunk = wanted.slice(from, from + KEYS_PER_CALL);
        const held = await broker.run(script, {
          keys: chunk.map(({ key }) => key),
          args: [ttlMs, ...chunk.map(({ id, hash }) => `${id} ${hash}`)],
        });
        reserved.push(...chunk.map(({ id, hash }, index) => compare(held[index] ?? '', id, hash)));
      }
      return reserved;
    },
  };
}

function compare(held: string, id: string, hash: string): Reserved {
  const [heldId = '', heldHash] = held.split(' ');
  return heldHash === hash ? { ok: true, id: heldId, repeated: heldId !== id } : { ok: false };
}

/** The id to go on with; throws IDEMPOTENCY_CONFLICT when the key was used with another body. */
export function reservedId(reserved: Reserved | undefined, key: string): string {
  if (reserved?.ok) return reserved.id;
  throw new NovaError('IDEMPOTENCY_CONFLICT', `The key ${JSON.stringify(key)} was used with another body.`, {
    field: 'Idempotency-Key',
  });
}
