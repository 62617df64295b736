// The waiting tasks as the active router knows them: per class of demand, priority and submitter a line, with its size
// and its first tasks.
//
// L1. A line's window is a prefix of the line in the store, in its order (score, then id). `complete` says that it is
//     all of it. What is not in the window is loaded when the window runs dry; the backlog never is.
// L2. A task taken out for an assignment stays counted in `size` until the assignment is written, and is not taken again.
// L3. A load and changes of the line may overlap: changes made meanwhile win over what was loaded.
// L4. Lines of one class and priority take turns by start-time fair queuing (Goyal, Vin and Cheng, SIGCOMM 1996) with one
//     task as the unit: a line's tag is the round it is served in next. Who begins to wait joins the next round, so a
//     single task waits for at most one task of every other submitter. Tags live in memory: a new active router begins
//     with all lines in one round.
import type { TaskId } from '@nova-torch/protocol';
import { canDo, type IndexedAgent, isSkilled } from './indexed-agent.ts';
import { type Demand, isParticular, readLineName } from './waiting.ts';

/** Ids loaded of each line. */
export const WINDOW_SIZE = 256;
/** A window that grew beyond this is cut back to WINDOW_SIZE. */
const WINDOW_MAX = 2 * WINDOW_SIZE;

/** Kinds of agents whose lines are remembered; a fleet has far fewer. */
const SIGNATURES_MAX = 10_000;

export interface Waiter {
  readonly taskId: TaskId;
  readonly score: number;
}

/** Lines of one class and priority. */
export interface Round {
  /** The tag of the line served last. */
  now: number;
  readonly lines: Set<Line>;
}

export interface Line {
  readonly name: string;
  readonly className: string;
  readonly demand: Demand;
  /** Shared with the lines it takes turns with. */
  readonly round: Round;
  /** The round it is served in next: the lowest goes first. */
  tag: number;
  /** Tasks of the line in the store. */
  size: number;
  window: Waiter[];
  complete: boolean;
  /** Taken out, not written yet. */
  readonly taken: Set<TaskId>;
  /** Changes since a load began; absent when none is going on. */
  sinceLoad: Map<TaskId, Waiter | undefined> | undefined;
}

const before = (a: Waiter, b: Waiter): boolean =>
  a.score < b.score || (a.score === b.score && a.taskId < b.taskId);

export class WaitingLines {
  readonly #lines = new Map<string, Line>();
  readonly #rounds = new Map<string, Round>();
  readonly #byClass = new Map<string, Set<Line>>();
  /** Lines that demand labels or exclude an agent, which signatures do not tell. */
  #particular = 0;
  readonly #bySignature = new Map<string, { readonly agent: IndexedAgent; readonly lines: Set<Line> }>();

  get(name: string): Line | undefined {
    return this.#lines.get(name);
  }

  lines(): IterableIterator<Line> {
    return this.#lines.values();
  }

  /** Tasks waiting in all lines. */
  get size(): number {
    let sum = 0;
    for (const line of this.#lines.values()) sum += line.size;
    return sum;
  }

  /** Whether any task of a class waits, whoever submitted it. */
  isWaitedIn(className: string): boolean {
    for (const line of this.#byClass.get(className) ?? []) if (line.size > 0) return true;
    return false;
  }

  /** Lines an agent could serve, whether it is free or not. */
  servedBy(agent: IndexedAgent): ReadonlySet<Line> {
    let known = this.#bySignature.get(agent.signature);
    if (known === undefined) {
      if (this.#bySignature.size >= SIGNATURES_MAX) this.#bySignature.clear();
      const lines = new Set([...this.#lines.values()].filter((line) => isSkilled(agent, line.demand)));
      known = { agent, lines };
      this.#bySignature.set(agent.signature, known);
    }
    if (this.#particular === 0) return known.lines;
    return new Set([...known.lines].filter((line) => canDo(agent, line.demand)));
  }

  /** The line of a name, made when there is none yet. A new one is incomplete until `loaded`, unless `empty`. */
  open(name: string, empty: boolean): Line {
    const known = this.#lines.get(name);
    if (known !== undefined) return known;
    const { demand, className, round: roundName } = readLineName(name);
    const round = this.#rounds.get(roundName) ?? { now: 0, lines: new Set() };
    const line: Line = {
      ...{ name, className, demand, round },
      tag: round.now + 1,
      size: 0,
      window: [],
      complete: empty,
      taken: new Set(),
      sinceLoad: undefined,
    };
    this.#lines.set(name, line);
    this.#rounds.set(roundName, round);
    round.lines.add(line);
    this.#byClass.set(className, (this.#byClass.get(className) ?? new Set()).add(line));
    if (isParticular(demand)) this.#particular += 1;
    for (const { agent, lines } of this.#bySignature.values()) {
      if (isSkilled(agent, demand)) lines.add(line);
    }
    return line;
  }

  /** Forgets a line without tasks. */
  close(name: string): void {
    const line = this.#lines.get(name);
    if (line === undefined) return;
    this.#lines.delete(name);
    line.round.lines.delete(line);
    if (line.round.lines.size === 0) this.#rounds.delete(readLineName(name).round);
    const peers = this.#byClass.get(line.className);
    peers?.delete(line);
    if (peers?.size === 0) this.#byClass.delete(line.className);
    if (isParticular(line.demand)) this.#particular -= 1;
    for (const { lines } of this.#bySignature.values()) lines.delete(line);
  }

  /** A task was added to the line in the store. */
  added(line: Line, waiter: Waiter): void {
    // Nothing of it waited: what it did not ask for meanwhile is no credit.
    if (line.size <= line.taken.size) line.tag = Math.max(line.tag, line.round.now + 1);
    line.size += 1;
    line.sinceLoad?.set(waiter.taskId, waiter);
    this.#insert(line, waiter);
  }

  /** A task was removed from the line in the store. */
  removed(line: Line, waiter: Waiter): void {
    line.size = Math.max(0, line.size - 1);
    line.taken.delete(waiter.taskId);
    line.sinceLoad?.set(waiter.taskId, undefined);
    this.#cut(line, waiter);
    this.#closeIfEmpty(line);
  }

  /** Takes the first of the window out, for an assignment: the line has had its turn. */
  take(line: Line): Waiter | undefined {
    const first = this.setAside(line);
    if (first === undefined) return undefined;
    line.round.now = Math.max(line.round.now, line.tag);
    line.tag += 1;
    return first;
  }

  /** Takes the first of the window out, so that those behind it may pass until it is put back; no turn is spent on it. */
  setAside(line: Line): Waiter | undefined {
    const first = line.window.shift();
    if (first !== undefined) line.taken.add(first.taskId);
    return first;
  }

  /** The assignment was not written: the task stands where it stood. */
  putBack(line: Line, waiter: Waiter): void {
    if (!line.taken.delete(waiter.taskId)) return;
    this.#insert(line, waiter);
  }

  /** Whether more of the line must be loaded before its next task is known. */
  needsLoad(line: Line): boolean {
    return line.window.length === 0 && !line.complete && line.sinceLoad === undefined;
  }

  /** A load begins; answer with how many to read. */
  beginLoad(line: Line): number {
    line.sinceLoad = new Map();
    return WINDOW_SIZE + line.taken.size;
  }

  /** A load ended with the first `asked` (or fewer) of the line; `size` is its length in the store then. */
  loaded(line: Line, first: readonly Waiter[], asked: number, size: number): void {
    const changes = line.sinceLoad ?? new Map<TaskId, Waiter | undefined>();
    line.sinceLoad = undefined;
    line.complete = first.length < asked;
    line.window = first.filter(({ taskId }) => !line.taken.has(taskId) && !changes.has(taskId));
    for (const waiter of changes.values()) {
      if (waiter !== undefined && !line.taken.has(waiter.taskId)) this.#insert(line, waiter);
    }
    // The answer may be older than a change counted meanwhile; the reconciler compares again.
    line.size = Math.max(size, line.window.length + line.taken.size);
    this.#closeIfEmpty(line);
  }

  /** A load failed; it may be begun again. */
  loadFailed(line: Line): void {
    line.sinceLoad = undefined;
  }

  #closeIfEmpty({ name, size, complete, window, taken }: Line): void {
    if (size === 0 && complete && window.length === 0 && taken.size === 0) this.close(name);
  }

  #insert(line: Line, waiter: Waiter): void {
    const { window } = line;
    const last = window.at(-1);
    if (!line.complete && (last === undefined || before(last, waiter))) return;
    const at = position(window, waiter);
    if (window[at]?.taskId === waiter.taskId) return;
    window.splice(at, 0, waiter);
    if (window.length > WINDOW_MAX) {
      window.length = WINDOW_SIZE;
      line.complete = false;
    }
  }

  #cut(line: Line, waiter: Waiter): void {
    const at = position(line.window, waiter);
    if (line.window[at]?.taskId === waiter.taskId) line.window.splice(at, 1);
  }
}

/** Index of the first of the window that does not stand before the waiter. */
function position(window: readonly Waiter[], waiter: Waiter): number {
  let low = 0;
  let high = window.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = window[middle];
    if (other !== undefined && before(other, waiter)) low = middle + 1;
    else high = middle;
  }
  return low;
}
