import type { CollaborationDeps } from '../consumers/deps.ts';

const EXPIRED_AT_ONCE = 200;
const CALLS_MAX = 50;

/** Settles what expired before an agent took it, a bounded number per run. */
export async function expireMessages({ store, metrics }: CollaborationDeps): Promise<{ expired: number }> {
  let expired = 0;
  for (let call = 0; call < CALLS_MAX; call += 1) {
    const over = await store.readExpired(EXPIRED_AT_ONCE);
    expired += await store.expire(over);
    if (over.length < EXPIRED_AT_ONCE) break;
  }
  metrics.receipts.inc({ outcome: 'expired' }, expired);
  return { expired };
}
