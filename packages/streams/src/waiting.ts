import type { Broker } from './broker.ts';
import { compareEntryIds, entryIdAfter, FIRST_ID } from './entry-id.ts';
import { groupFacts } from './group-facts.ts';
import { asEntries, asList, asNumber, asStrings } from './replies.ts';
import { delayedKey } from './stream-declaration.ts';

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
  const own = groupFacts(groups, group);
  if (own === undefined) return entries;
  const pending = asNumber(own.pending);
  const [last] = asEntries(newest);
  const hasReadAll =
    last === undefined || compareEntryIds(own['last-delivered-id'] ?? FIRST_ID, last.id) >= 0;
  if (hasReadAll) return pending;
  const lag = asNumber(own.lag);
  return lag > 0 ? Math.min(lag + pending, entries) : entries;
}

/**
 * When the oldest entry of a work stream was written that a group was not given or has not settled yet, in ms of the
 * broker's clock; undefined when everything is settled. Without the group nothing is. Rejects with the broker's error.
 */
export async function oldestUnsettledMs(
  broker: Broker,
  stream: string,
  group: string,
): Promise<number | undefined> {
  if (asNumber(await broker.call('XLEN', stream)) === 0) return undefined;
  const own = groupFacts(await broker.call('XINFO', 'GROUPS', stream), group);
  const next = entryIdAfter(own?.['last-delivered-id'] ?? FIRST_ID);
  const [unread, pending] = await broker.batch([
    ['XRANGE', stream, next, '+', 'COUNT', 1],
    ...(own === undefined ? [] : [['XPENDING', stream, group, '-', '+', 1] as const]),
  ]);
  const ids = [asEntries(unread)[0]?.id, asStrings(asList(pending)[0])[0]];
  const times = ids.filter((id) => id !== undefined).map((id) => Number.parseInt(id, 10));
  return times.length === 0 ? undefined : Math.min(...times);
}

/** Delayed messages looked at: those that come back next. */
const DELAYED_MAX = 256;

/**
 * When the oldest message was written that a group has put off until later, in ms of the broker's clock; undefined if none is
 * put off. When its time has come it is a new entry, with the time of that. Looks at 256 at most, those that come back next.
 * Rejects with the broker's error.
 */
export async function oldestDelayedMs(
  broker: Broker,
  stream: string,
  group: string,
): Promise<number | undefined> {
  const members = asStrings(await broker.call('ZRANGE', delayedKey(stream), 0, DELAYED_MAX - 1));
  const own = members.filter((member) => member.startsWith(`${group}|`));
  const times = own.map((member) => Number.parseInt(member.slice(group.length + 1), 10));
  return times.length === 0 ? undefined : Math.min(...times);
}
