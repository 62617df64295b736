import { asList, asString, asStrings, BrokerReplyError } from '@nova-torch/streams';
import type { StoreContext } from './context.ts';

const PAGE = 256;

/**
 * Makes `consumer` the owner of everything its group has taken and not settled, so that it handles that first, in its
 * order. Only for the one that has the turn. Returns how many entries there were.
 */
export async function claimPending(
  { broker, keys }: StoreContext,
  group: string,
  consumer: string,
): Promise<number> {
  let claimed = 0;
  let cursor = '0-0';
  try {
    do {
      const page = ['COUNT', PAGE, 'JUSTID'] as const;
      const reply = asList(await broker.call('XAUTOCLAIM', keys.peer, group, consumer, 0, cursor, ...page));
      cursor = asString(reply[0]);
      claimed += asStrings(reply[1]).length;
    } while (cursor !== '0-0');
  } catch (error) {
    // No stream or no group yet: nothing was taken.
    const missing = error instanceof BrokerReplyError && /NOGROUP|no such key/i.test(error.message);
    if (!missing) throw error;
  }
  return claimed;
}
