import type { AgentId, TaskId, TaskState } from '@nova-torch/protocol';
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
  /** Another key that must exist; `no-inbox` if it does not. */
  readonly mustExist?: string;
  /** Written in the call of the item before it. */
  readonly follows?: true;
  readonly take?: { readonly agentId: AgentId; readonly capacity: number };
  readonly giveBack?: AgentId;
  readonly task?: TaskId;
  /** Where the task stands in the indexes of all tasks from now on; what is not named stays. */
  readonly places?: Places;
  /** Names and values the record is given. */
  readonly fields?: readonly Arg[];
  /** Changes for the feed and completed tasks, encoded: those of all items of a call travel as one message each. */
  readonly changes?: readonly string[];
  readonly completed?: readonly string[];
  readonly effects: readonly Effect[];
}

/** The indexes of all tasks, in the order the script takes them. */
const PLACES = ['timers', 'active', 'ended', 'index'] as const;
/** The score in each index; null takes the task out. */
export type Places = { readonly [index in (typeof PLACES)[number]]?: number | null };

/** Items written by one script call: it stays short, so that other callers of the broker do not wait for it. */
export const ITEMS_MAX = 64;
/** Characters of one call; items are far smaller than this, but a few large ones make a call of their own. */
const CALL_CHARS_MAX = 1_000_000;
/** Characters of what is gathered in one call: it travels as one message. */
const GATHERED_CHARS_MAX = 128 * 1024;

const script = defineScript({
  name: 'apply-transitions',
  file: new URL('./apply-transitions.lua', import.meta.url),
  parse: asStrings,
});

/**
 * Writes items, in order, each whole or not at all; answers one verdict per item. `frames` makes the messages that
 * carry what is gathered of them. Throws NotLeaderError when the term
 * is over, and the broker's errors: then it is unknown what was written, and the same items may be written again.
 */
export async function applyTransitions(
  broker: Broker,
  keys: RouterKeys,
  term: number,
  items: readonly WriteItem[],
  frames: () => Frames,
): Promise<Verdict[]> {
  const calls = inCalls(items).map((part) => broker.run(script, inputOf(keys, term, part, frames())));
  const verdicts: Verdict[] = [];
  for (const settled of await Promise.allSettled(calls)) {
    if (settled.status === 'rejected') throw settled.reason;
    if (settled.value[0] === 'not-leader') throw new NotLeaderError(term);
    verdicts.push(...(settled.value as Verdict[]));
  }
  return verdicts;
}

/** A message without its list: what stands before and what after it. */
export type Frame = readonly [before: string, after: string];
/** The messages of one call that carry what is gathered. */
export interface Frames {
  readonly changes: Frame;
  readonly completed: Frame;
}

function inCalls(items: readonly WriteItem[]): WriteItem[][] {
  const calls: WriteItem[][] = [];
  let call: WriteItem[] = [];
  let chars = 0;
  let gathered = 0;
  for (const item of items) {
    const own = lengthOf(item.changes ?? []) + lengthOf(item.completed ?? []);
    const size = own + sizeOf(item);
    const isFull =
      call.length >= ITEMS_MAX || chars + size > CALL_CHARS_MAX || gathered + own > GATHERED_CHARS_MAX;
    if (isFull && call.length > 0 && item.follows === undefined) {
      calls.push(call);
      call = [];
      chars = 0;
      gathered = 0;
    }
    call.push(item);
    chars += size;
    gathered += own;
  }
  if (call.length > 0) calls.push(call);
  return calls;
}

function sizeOf({ fields = [], effects }: WriteItem): number {
  let size = lengthOf(fields);
  for (const { args } of effects) size += lengthOf(args);
  return size;
}

function lengthOf(args: readonly Arg[]): number {
  let length = 0;
  for (const arg of args) if (typeof arg === 'string') length += arg.length;
  return length;
}

function inputOf(
  keys: RouterKeys,
  term: number,
  items: readonly WriteItem[],
  { changes, completed }: Frames,
): { keys: string[]; args: Arg[] } {
  const positions = new Map<string, number>();
  const position = (key: string): number => {
    const known = positions.get(key);
    if (known !== undefined) return known;
    positions.set(key, positions.size + 1);
    return positions.size;
  };
  const places = PLACES.map((index) => keys[index]);
  const { tasksActive, tasksCompleted } = keys.streams;
  for (const key of [keys.leader, keys.slots, keys.resolve, ...places, tasksActive, tasksCompleted])
    position(key);
  const args: Arg[] = [term, items.length, ...changes, ...completed];
  for (const item of items) pushItem(args, item, position);
  return { keys: [...positions.keys()], args };
}

function pushItem(args: Arg[], item: WriteItem, position: (key: string) => number): void {
  const {
    record,
    mustExist,
    inbox = mustExist,
    take,
    giveBack,
    task,
    places,
    fields,
    changes,
    completed,
    effects,
  } = item;
  const expect = record?.expect;
  args.push(task ?? '', record === undefined ? 0 : position(record.key));
  if (expect === undefined) args.push('', '', '');
  else if (expect === 'none') args.push('none', '', '');
  else args.push(expect.state, expect.epoch, expect.seq);
  args.push(record?.op ?? '', inbox === undefined ? 0 : position(inbox));
  args.push(take?.agentId ?? '', take?.capacity ?? 0, giveBack ?? '');
  for (const index of PLACES) args.push(placeArg(places?.[index]));
  args.push(changes?.join(',') ?? '', completed?.join(',') ?? '');
  args.push(fields?.length ?? 0);
  if (fields !== undefined) args.push(...fields);
  args.push(effects.length);
  for (const { command, key, with: other, args: own } of effects) {
    args.push(command, position(key));
    if (other === undefined) args.push(own.length);
    else args.push(own.length + 1, position(other));
    args.push(...own);
  }
}

const placeArg = (score: number | null | undefined): Arg => (score === undefined ? '' : (score ?? '-'));
