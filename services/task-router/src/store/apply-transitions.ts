import type { AgentId, TaskState } from '@nova-torch/protocol';
import { type Arg, asStrings, type Broker, defineScript } from '@nova-torch/streams';
import type { RouterKeys } from './keys.ts';

/**
 * What became of one item. `unblocks`: applied, and other tasks wait for this one. `no-slot` and `no-inbox` concern
 * the agent it names.
 */
export type Verdict = 'applied' | 'unblocks' | 'duplicate' | 'stale' | 'no-slot' | 'no-inbox';

/** Whether it was written. */
export const isApplied = (verdict: Verdict | undefined): boolean =>
  verdict === 'applied' || verdict === 'unblocks';

/** This instance is not the active router any more: nothing was written. */
export class NotLeaderError extends Error {
  override readonly name = 'NotLeaderError';
  constructor(term: number) {
    super(`another router became active after term ${term}`);
  }
}

/** A command on one key; COUNT, RING, LINK, SETTLED and CLOSE are the script's own (see its header). */
export interface Effect {
  readonly command:
    | 'HSET'
    | 'HDEL'
    | 'ZADD'
    | 'ZREM'
    | 'SADD'
    | 'SREM'
    | 'XADD'
    | 'DEL'
    | 'COUNT'
    | 'RING'
    | 'LINK'
    | 'SETTLED'
    | 'CLOSE';
  readonly key: string;
  readonly args: readonly Arg[];
  /** LINK, CLOSE: the key its first argument stands for. */
  readonly with?: string;
}

/** One unit of writing: all of it or nothing. */
export interface WriteItem {
  /** The record it is about and what it must be like; absent for messages that belong to no record. */
  readonly record?: {
    readonly key: string;
    readonly expect: 'none' | { readonly state: TaskState; readonly epoch: number; readonly seq: number };
    /** Unique per write; absent for a repair, which leaves no mark. */
    readonly op?: string;
  };
  /** A stream that must exist. */
  readonly inbox?: string;
  readonly take?: { readonly agentId: AgentId; readonly capacity: number };
  readonly giveBack?: AgentId;
  readonly effects: readonly Effect[];
}

/** Items written by one script call: it stays short, so that other callers of the broker do not wait for it. */
export const ITEMS_MAX = 64;
/** Characters of one call; items are far smaller than this, but a few large ones make a call of their own. */
const CALL_CHARS_MAX = 1_000_000;

const script = defineScript({
  name: 'apply-transitions',
  file: new URL('./apply-transitions.lua', import.meta.url),
  parse: asStrings,
});

/**
 * Writes items, in order, each whole or not at all; answers one verdict per item. Throws NotLeaderError when the term
 * is over, and the broker's errors: then it is unknown what was written, and the same items may be written again.
 */
export async function applyTransitions(
  broker: Broker,
  keys: RouterKeys,
  term: number,
  items: readonly WriteItem[],
): Promise<Verdict[]> {
  const calls = inCalls(items).map((part) => broker.run(script, inputOf(keys, term, part)));
  const verdicts: Verdict[] = [];
  for (const settled of await Promise.allSettled(calls)) {
    if (settled.status === 'rejected') throw settled.reason;
    if (settled.value[0] === 'not-leader') throw new NotLeaderError(term);
    verdicts.push(...(settled.value as Verdict[]));
  }
  return verdicts;
}

function inCalls(items: readonly WriteItem[]): WriteItem[][] {
  const calls: WriteItem[][] = [];
  let call: WriteItem[] = [];
  let chars = 0;
  for (const item of items) {
    const size = sizeOf(item);
    if (call.length >= ITEMS_MAX || (call.length > 0 && chars + size > CALL_CHARS_MAX)) {
      calls.push(call);
      call = [];
      chars = 0;
    }
    call.push(item);
    chars += size;
  }
  if (call.length > 0) calls.push(call);
  return calls;
}

function sizeOf(item: WriteItem): number {
  let size = 0;
  for (const { args } of item.effects)
    for (const arg of args) if (typeof arg === 'string') size += arg.length;
  return size;
}

function inputOf(
  keys: RouterKeys,
  term: number,
  items: readonly WriteItem[],
): { keys: string[]; args: Arg[] } {
  const positions = new Map<string, number>();
  const position = (key: string): number => {
    const known = positions.get(key);
    if (known !== undefined) return known;
    positions.set(key, positions.size + 1);
    return positions.size;
  };
  for (const key of [keys.leader, keys.slots, keys.resolve]) position(key);
  const args: Arg[] = [term, items.length];
  for (const { record, inbox, take, giveBack, effects } of items) {
    const expect = record?.expect;
    args.push(record === undefined ? 0 : position(record.key));
    if (expect === undefined) args.push('', '', '');
    else if (expect === 'none') args.push('none', '', '');
    else args.push(expect.state, expect.epoch, expect.seq);
    args.push(
      record?.op ?? '',
      inbox === undefined ? 0 : position(inbox),
      take?.agentId ?? '',
      take?.capacity ?? 0,
      giveBack ?? '',
      effects.length,
    );
    for (const effect of effects) {
      const own = effect.with === undefined ? [] : [position(effect.with)];
      args.push(
        effect.command,
        position(effect.key),
        own.length + effect.args.length,
        ...own,
        ...effect.args,
      );
    }
  }
  return { keys: [...positions.keys()], args };
}
