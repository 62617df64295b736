import type { Broker } from './broker.ts';
import { compareEntryIds, FIRST_ID } from './entry-id.ts';
import { codeOf } from './errors.ts';
import { asEntries, asHash, asNumber } from './replies.ts';

/**
 * Whether a reader that stands at `position` may have missed entries of a feed: its position was trimmed away, or the
 * feed is another one than before (data lost). Says true when it cannot be excluded.
 */
export async function hasGap(broker: Broker, feed: string, position: string): Promise<boolean> {
  const [firstReply, lastReply] = await broker.batch([
    ['XRANGE', feed, '-', '+', 'COUNT', 1],
    ['XREVRANGE', feed, '+', '-', 'COUNT', 1],
  ]);
  const first = asEntries(firstReply)[0]?.id;
  const last = asEntries(lastReply)[0]?.id;
  // The trimmer leaves the newest entry, so an empty feed was emptied by something else.
  if (first === undefined || last === undefined) return position !== FIRST_ID;
  if (compareEntryIds(last, position) < 0) return true;
  if (compareEntryIds(first, position) <= 0) return false;
  return position === FIRST_ID ? entriesWereTrimmed(broker, feed) : true;
}

async function entriesWereTrimmed(broker: Broker, feed: string): Promise<boolean> {
  try {
    const stream = asHash(await broker.call('XINFO', 'STREAM', feed)) ?? {};
    return asNumber(stream['entries-added']) > asNumber(stream.length);
  } catch (error) {
    if (codeOf(error) === 'ERR') return false;
    throw error;
  }
}
