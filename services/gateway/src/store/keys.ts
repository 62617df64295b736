import { createHash } from 'node:crypto';
import { ownedKeys } from '@nova-torch/protocol';

/** What a repeated request would repeat. */
export type IdempotentKind = 'task' | 'message' | 'spawn' | 'workflow' | 'schedule';

/** How far the broker has what a journal keeps. HASH `count`, `n`. */
export const journalMarkKey = (partition: number, journal: string): string =>
  `${ownedKeys(partition, 'gateway')}:journal:${journal}`;

/**
 * Where the answer to an idempotency key is kept. STRING `<id> <hash of the body>`. Hashed, because a key is free text
 * of the client's.
 */
export function idempotencyKey(
  partition: number,
  kind: IdempotentKind,
  submitter: string,
  key: string,
): string {
  const digest = createHash('sha256').update(`${submitter}\n${key}`).digest('hex').slice(0, 40);
  return `${ownedKeys(partition, 'gateway')}:idempotency:${kind}:${digest}`;
}
