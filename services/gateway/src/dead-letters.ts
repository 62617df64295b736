// Dead letters belong to the services that gave them up: each is asked for its own, one after the other.
import {
  DEAD_LETTER_KEEPERS,
  DEAD_LETTERS_AT_ONCE,
  DeadLetterDiscardV1,
  type DeadLetterFilter,
  DeadLetterGetV1,
  DeadLetterId,
  DeadLetterListV1,
  DeadLetterPageV1,
  DeadLetterReplayV1,
  type DeadLetterResult,
  DeadLetterSettledV1,
  DeadLetterStateV1,
  type DeadLetterSummary,
  deadLetterOwner,
  keptUnder,
  NovaError,
  splitDeadLetterId,
  UPKEEP_STREAMS,
} from '@nova-torch/protocol';
import type { GatewayDeps } from './deps.ts';

type AskDeps = Pick<GatewayDeps, 'asking' | 'streams'>;
type Keeper = keyof typeof UPKEEP_STREAMS;

/** A page of something that each keeper has a part of. */
interface Part<T> {
  items: readonly T[];
  next_cursor?: string | undefined;
}

/** One dead letter with everything that is known of it. */
export interface FullDeadLetter extends DeadLetterSummary {
  history: DeadLetterStateV1['payload']['history'];
  /** The message as it was on the stream. */
  original: string;
}

/** A page over all keepers. Throws CURSOR_INVALID, NO_ANSWER or the broker's error. */
export async function listDeadLetters(
  { asking, streams }: AskDeps,
  query: { filter: DeadLetterFilter; cursor: string | undefined; limit: number },
): Promise<{ dead_letters: DeadLetterSummary[]; next_cursor?: string }> {
  const { filter } = query;
  const page = await acrossKeepers(query, async (keeper, cursor, limit) => {
    const { dead_letters: items, next_cursor } = await asking.ask({
      stream: streams[UPKEEP_STREAMS[keeper]],
      target: keeper,
      definition: DeadLetterListV1,
      payload: { filter, limit, ...(cursor !== undefined && { cursor }) },
      answer: DeadLetterPageV1,
    });
    return { items, next_cursor };
  });
  return { dead_letters: page.items, ...(page.next !== undefined && { next_cursor: page.next }) };
}

/** One dead letter, whole. Throws DEAD_LETTER_UNKNOWN, NO_ANSWER or the broker's error. */
export async function getDeadLetter({ asking, streams }: AskDeps, id: DeadLetterId): Promise<FullDeadLetter> {
  const keeper = keeperOf(id);
  const ask = (from: number) =>
    asking.ask({
      stream: streams[UPKEEP_STREAMS[keeper]],
      target: keeper,
      definition: DeadLetterGetV1,
      payload: { dead_letter_id: id, from },
      answer: DeadLetterStateV1,
    });
  const { dead_letter, history, original: first, original_chars: chars } = await ask(0);
  let original = first;
  while (original.length < chars) {
    const { original: part } = await ask(original.length);
    if (part === '') break;
    original += part;
  }
  return { ...dead_letter, history, original };
}

/** What is to be done with which dead letters, for whom. */
export interface Settling {
  kind: 'replay' | 'discard';
  by: string;
  ids?: readonly DeadLetterId[] | undefined;
  filter?: DeadLetterFilter | undefined;
  cursor?: string | undefined;
  limit: number;
}

/**
 * Puts dead letters back or throws them away: those named, or those that fit, at most `limit`. What is given up while it
 * runs is not taken. Throws DEAD_LETTER_UNKNOWN, CURSOR_INVALID, NO_ANSWER or the broker's error; repeating is safe.
 */
export async function settleDeadLetters(
  deps: AskDeps,
  settling: Settling,
): Promise<{ results: DeadLetterResult[]; next_cursor?: string }> {
  const { ids, filter = {}, cursor, limit } = settling;
  if (ids === undefined) {
    const page = await acrossKeepers({ filter, cursor, limit }, async (keeper, from, most) => {
      const fields = { filter, limit: Math.min(most, DEAD_LETTERS_AT_ONCE) };
      const answer = await askToSettle(deps, settling, keeper, {
        ...fields,
        ...(from !== undefined && { cursor: from }),
      });
      return { items: answer.results, next_cursor: answer.next_cursor };
    });
    return { results: page.items, ...(page.next !== undefined && { next_cursor: page.next }) };
  }
  const results: DeadLetterResult[] = [];
  for (const [keeper, own] of Map.groupBy(ids, keeperOf)) {
    for (let at = 0; at < own.length; at += DEAD_LETTERS_AT_ONCE) {
      const some = own.slice(at, at + DEAD_LETTERS_AT_ONCE);
      const answer = await askToSettle(deps, settling, keeper, {
        dead_letter_ids: some,
        limit: DEAD_LETTERS_AT_ONCE,
      });
      results.push(...answer.results);
    }
  }
  return { results };
}

function askToSettle(
  { asking, streams }: AskDeps,
  { kind, by }: Settling,
  keeper: Keeper,
  what: Omit<DeadLetterReplayV1['payload'], 'by'>,
): Promise<DeadLetterSettledV1['payload']> {
  return asking.ask({
    stream: streams[UPKEEP_STREAMS[keeper]],
    target: keeper,
    definition: kind === 'replay' ? DeadLetterReplayV1 : DeadLetterDiscardV1,
    payload: { ...what, by },
    answer: DeadLetterSettledV1,
  });
}

async function acrossKeepers<T>(
  query: { filter: DeadLetterFilter; cursor: string | undefined; limit: number },
  ask: (keeper: Keeper, cursor: string | undefined, limit: number) => Promise<Part<T>>,
): Promise<{ items: T[]; next: string | undefined }> {
  const items: T[] = [];
  let cursor = query.cursor;
  for (const keeper of keepersOf(query.filter, query.cursor)) {
    do {
      const part = await ask(keeper, cursor, query.limit - items.length);
      items.push(...part.items);
      cursor = part.next_cursor;
      if (items.length >= query.limit && cursor !== undefined) return { items, next: cursor };
    } while (cursor !== undefined);
    if (items.length >= query.limit) return { items, next: firstCursorAfter(keeper) };
  }
  return { items, next: undefined };
}

/** Those that are asked: the one that keeps the stream asked for, or the cursor's and all behind it. */
function keepersOf({ stream }: DeadLetterFilter, cursor: string | undefined): readonly Keeper[] {
  if (stream !== undefined) {
    const owner = deadLetterOwner(keptUnder(stream));
    return DEAD_LETTER_KEEPERS.filter((keeper) => keeper === owner);
  }
  if (cursor === undefined) return DEAD_LETTER_KEEPERS;
  const id = DeadLetterId.safeParse(cursor);
  if (!id.success) throw new NovaError('CURSOR_INVALID', `${cursor} is not a cursor.`);
  return DEAD_LETTER_KEEPERS.slice(DEAD_LETTER_KEEPERS.indexOf(keeperOf(id.data)));
}

/** A cursor at which nothing of this keeper is left and the next one begins. */
function firstCursorAfter(keeper: Keeper): string | undefined {
  const isLast = DEAD_LETTER_KEEPERS.indexOf(keeper) === DEAD_LETTER_KEEPERS.length - 1;
  return isLast ? undefined : `upkeep.${keeper}:0-0`;
}

function keeperOf(id: DeadLetterId): Keeper {
  const { name } = splitDeadLetterId(id);
  const owner = deadLetterOwner(name);
  const keeper = DEAD_LETTER_KEEPERS.find((one) => one === owner);
  if (keeper === undefined) throw new NovaError('DEAD_LETTER_UNKNOWN', `There is no dead letter ${id}.`);
  return keeper;
}
