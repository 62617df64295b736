import type { Broker } from './broker.ts';
import { compareEntryIds, FIRST_ID } from './entry-id.ts';
import { asEntries, asHash, asList, asNumber } from './replies.ts';

/**
 * How many entries of a work stream a group has not been given or not settled yet: 0 exactly when nothing waits, never
 * more than the entries kept. In between it is as good as the lag the server tells, which Redis 7.0 gets wrong after a
 * restart with an append-only file; where none is told, what is settled and not trimmed counts too. Without the group all wait.
 * Rejects with the broker's error.
 */
export async function countWaiting(broker: Broker, stream: string, group: string): Promise<number> {
  const entries = asNumber(await broker.call('XLEN', stream));
  if (entries === 0) return 0;
  const [groups, newest] = await broker.batch([
    ['XINFO', 'GROUPS', stream],
    ['XREVRANGE', stream, '+', '-', 'COUNT', 1],
  ]);
  const own = asList(groups)
    .map((reply) => asHash(reply))
    .find((facts) => facts?.name === group);
  if (own === undefined) return entries;
  const pending = asNumber(own.pending);
  const [last] = asEntries(newest);
  const hasReadAll =
    last === undefined || compareEntryIds(own['last-delivered-id'] ?? FIRST_ID, last.id) >= 0;
  if (hasReadAll) return pending;
  const lag = asNumber(own.lag);
  return lag > 0 ? Math.min(lag + pending, entries) : entries;
}
