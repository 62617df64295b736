import type { Broker } from '../broker.ts';
import { type Arg, asNumber, asStrings, type Command } from '../replies.ts';
import { defineScript } from '../script.ts';
import { deadLetterKey, delayedBodyKey, delayedKey } from '../stream-declaration.ts';

/** Dead letters a stream can keep: beyond it the oldest go, whatever they are trimmed to otherwise. */
export const DEAD_LETTERS_MAX = 1_000_000;

/** A message to publish, encoded. */
export interface EncodedOutgoing {
  readonly stream: string;
  readonly json: string;
  readonly onlyIfExists: boolean;
}

export type SettlementStep =
  | { readonly kind: 'ack'; readonly publish: readonly EncodedOutgoing[] }
  | {
      readonly kind: 'retry';
      readonly afterMs: number;
      readonly json: string;
      readonly history: string;
      /** The one group the next attempt is for; '' if the stream has no other. */
      readonly onlyGroup: string;
    }
  | {
      readonly kind: 'dead_letter';
      readonly json: string;
      readonly history: string;
      readonly reason: string;
      readonly error: string;
    };

/** What becomes of one pending entry. */
export interface Settlement {
  readonly stream: string;
  readonly entryId: string;
  readonly step: SettlementStep;
}

export interface SettledBatch {
  /** Entries this call acknowledged. */
  readonly settled: number;
  /** Entries that were no longer pending (here). */
  readonly skipped: number;
  /** For each stream with a new delayed message: when the first is due, server ms. */
  readonly delayed: readonly { readonly stream: string; readonly dueMs: number }[];
  /** For each stream that had more dead letters than it can keep: how many of the oldest went. */
  readonly dropped: readonly { readonly stream: string; readonly count: number }[];
}

interface ScriptAnswer {
  readonly settled: number;
  readonly skipped: number;
  readonly told: readonly {
    readonly source: number;
    readonly dueMs: number | undefined;
    readonly dropped: number;
  }[];
}

const script = defineScript<ScriptAnswer>({
  name: 'settle-batch',
  file: new URL('./settle-batch.lua', import.meta.url),
  parse: (reply) => {
    const [settled, skipped, ...rest] = asStrings(reply);
    const told = [];
    for (let i = 0; i + 2 < rest.length; i += 3) {
      const [source, due, dropped] = rest.slice(i);
      told.push({
        source: Number(source),
        dueMs: due === '' ? undefined : Number(due),
        dropped: Number(dropped),
      });
    }
    return { settled: Number(settled ?? 0), skipped: Number(skipped ?? 0), told };
  },
});

/**
 * Settles entries pending for `consumer` of `group`. Plain acknowledgements only: one XACK per stream; else one
 * script. Streams and publish targets share one hash tag, else CrossTagError.
 */
export async function settleBatch(
  broker: Broker,
  batch: { readonly group: string; readonly consumer: string; readonly settlements: readonly Settlement[] },
): Promise<SettledBatch> {
  const plain = batch.settlements.every(({ step }) => step.kind === 'ack' && step.publish.length === 0);
  return plain ? acknowledge(broker, batch.group, batch.settlements) : runScript(broker, batch);
}

async function acknowledge(
  broker: Broker,
  group: string,
  settlements: readonly Settlement[],
): Promise<SettledBatch> {
  const byStream = Map.groupBy(settlements, ({ stream }) => stream);
  const commands: Command[] = [...byStream].map(([stream, entries]) => [
    'XACK',
    stream,
    group,
    ...entries.map(({ entryId }) => entryId),
  ]);
  const counts = (await broker.batch(commands)).map(asNumber);
  const settled = counts.reduce((sum, count) => sum + count, 0);
  return { settled, skipped: settlements.length - settled, delayed: [], dropped: [] };
}

async function runScript(
  broker: Broker,
  { group, consumer, settlements }: Parameters<typeof settleBatch>[1],
): Promise<SettledBatch> {
  const sources = [...new Set(settlements.map(({ stream }) => stream))];
  const keys = sources.flatMap((key) => [key, delayedKey(key), delayedBodyKey(key), deadLetterKey(key)]);
  const targets = new Map<string, number>();
  const targetIndex = (stream: string): number => {
    const known = targets.get(stream);
    if (known !== undefined) return known;
    const index = keys.push(stream);
    targets.set(stream, index);
    return index;
  };
  const operations: Arg[] = [];
  let count = 0;
  for (const [source, stream] of sources.entries()) {
    const own = settlements.filter((settlement) => settlement.stream === stream);
    const plain = own.filter(({ step }) => step.kind === 'ack' && step.publish.length === 0);
    if (plain.length > 0) {
      operations.push('P', source, plain.length, ...plain.map(({ entryId }) => entryId));
      count += 1;
    }
    for (const settlement of own) {
      const encoded = operationOf(settlement, source, targetIndex);
      if (encoded === undefined) continue;
      operations.push(...encoded);
      count += 1;
    }
  }
  const answer = await broker.run(script, {
    keys,
    args: [group, consumer, sources.length, DEAD_LETTERS_MAX, count, ...operations],
  });
  return {
    settled: answer.settled,
    skipped: answer.skipped,
    delayed: answer.told.flatMap(({ source, dueMs }) =>
      dueMs === undefined ? [] : [{ stream: sources[source] ?? '', dueMs }],
    ),
    dropped: answer.told.flatMap(({ source, dropped: count }) =>
      count === 0 ? [] : [{ stream: sources[source] ?? '', count }],
    ),
  };
}

function operationOf(
  { entryId, step }: Settlement,
  source: number,
  targetIndex: (stream: string) => number,
): Arg[] | undefined {
  switch (step.kind) {
    case 'ack':
      if (step.publish.length === 0) return undefined;
      return [
        'A',
        source,
        entryId,
        step.publish.length,
        ...step.publish.flatMap((out) => [targetIndex(out.stream), out.onlyIfExists ? '1' : '0', out.json]),
      ];
    case 'retry':
      return ['R', source, entryId, step.afterMs, step.json, step.history, step.onlyGroup];
    case 'dead_letter':
      return ['D', source, entryId, step.json, step.history, step.reason, step.error];
  }
}
