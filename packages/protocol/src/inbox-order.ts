// In which order what waits in one inbox is handed out. Pure; used by whoever reads an inbox.
//
// 1. Of what was looked at (INBOX_LOOK_AHEAD entries at least), work and orders of the platform come first, in their
//    order: a stop never overtakes its assignment. Then messages, the most urgent first, those alike in their order.
// 2. Nothing starves: every OLDEST_EVERYth entry handed out is the one that waits longest.
import { type Envelope, PRIORITIES } from './envelope.ts';

/** Entries of an inbox that are looked at together, at least; one further behind is not seen, however urgent. */
export const INBOX_LOOK_AHEAD = 64;
const OLDEST_EVERY = 8;
const PLATFORM_RANK = PRIORITIES.length;

type Head = Pick<Envelope, 'type' | 'priority'>;

/** Whether nobody may be given this message any more; `nowMs` is server time. */
export const hasExpired = ({ expires_at: at }: Pick<Envelope, 'expires_at'>, nowMs: number): boolean =>
  at !== undefined && at * 1000 <= nowMs;

/** Those of `waiting` (in order of arrival) that are handed out next, at most `count`, when `given` were before. */
export function nextOfInbox<T>(
  waiting: readonly T[],
  count: number,
  given: number,
  headOf: (one: T) => Head | undefined,
): T[] {
  const left = waiting.map((one) => ({ one, rank: rankOf(headOf(one)) }));
  const ranked = left.toSorted((a, b) => b.rank - a.rank);
  const taken = new Set<(typeof left)[number]>();
  for (let n = 1; n <= Math.min(count, left.length); n += 1) {
    const from = (given + n) % OLDEST_EVERY === 0 ? left : ranked;
    const next = from.find((one) => !taken.has(one));
    if (next !== undefined) taken.add(next);
  }
  return [...taken].map(({ one }) => one);
}

/** What cannot be read comes first too: it is put aside. */
const rankOf = (head: Head | undefined): number =>
  head?.type === 'message.posted.v1' ? PRIORITIES.indexOf(head.priority) : PLATFORM_RANK;
