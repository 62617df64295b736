// Who was given which task when, from the feed of transitions: that no task of a backlog is given away twice, or ends
// twice, whichever of the routers wrote it.

/** What stands at the beginning of each change in a message of the feed; the rest is not needed. */
const CHANGE =
  /"task_id":"([^"]+)","seq":\d+,"from":"([a-z]+)","to":"([a-z]+)","at_ms":([\d.]+),"epoch":([\d.]+)/g;
const SENDER = /"sender":"([^"]+)"/;

export interface Assigned {
  /** Times a task was given to an agent. */
  readonly assigned: number;
  /** Of these, after the agent before had given it back or was gone. */
  readonly assigned_again: number;
  /** Given away while another agent had it, or without a new epoch: must be 0. */
  readonly assigned_twice: number;
  readonly completed: number;
  /** Must be 0. */
  readonly completed_twice: number;
  /** Ended in another way. */
  readonly not_completed: number;
}

/** When one task became ready and was given away, in Unix milliseconds of the broker. */
export interface Wait {
  readyMs?: number;
  assignedMs?: number;
}

interface Successor {
  readonly not: string;
  resolve(at: number): void;
}

/** Keeps numbers, not texts: a million tasks are followed in a few megabytes. */
export class AssignmentBook {
  readonly #places = new Map<string, number>();
  /** Of each task: whether an agent has it, how often it was given away and completed, its last epoch. */
  readonly #held: Uint8Array;
  readonly #given: Uint16Array;
  readonly #ended: Uint8Array;
  readonly #epochs: Float64Array;
  readonly #waits = new Map<string, Wait>();
  #twice = 0;
  #completed = 0;
  #completedTwice = 0;
  #notCompleted = 0;
  #waiter: { total: number; resolve: () => void } | undefined;
  #successor: Successor | undefined;

  constructor(ids: readonly string[]) {
    for (const [place, id] of ids.entries()) this.#places.set(id, place);
    this.#held = new Uint8Array(ids.length);
    this.#given = new Uint16Array(ids.length);
    this.#ended = new Uint8Array(ids.length);
    this.#epochs = new Float64Array(ids.length);
  }

  /** Takes one message of the feed, as text. */
  take(json: string): void {
    let gaveAway = false;
    for (const [, id = '', from = '', to = '', at, epoch] of json.matchAll(CHANGE)) {
      const place = this.#places.get(id);
      if (place !== undefined) this.#move(place, from, to, Number(epoch));
      else this.#noteWait(id, to, Number(at));
      gaveAway ||= from === 'ready' && to === 'assigned';
    }
    const sender = SENDER.exec(json)?.[1];
    if (gaveAway && this.#successor !== undefined && sender !== this.#successor.not) {
      this.#successor.resolve(performance.now());
      this.#successor = undefined;
    }
  }

  /** Remembers when this task, which is none of the backlog, becomes ready and is given away. */
  watch(id: string): Wait {
    const wait: Wait = {};
    this.#waits.set(id, wait);
    return wait;
  }

  /** When (performance.now()) another router than `not` gives a task away for the first time from now on. */
  givenByAnother(not: string): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<number>();
    this.#successor = { not, resolve };
    return promise;
  }

  /** Resolves when `total` different tasks of the backlog have been completed. */
  completed(total: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiter = { total, resolve };
    if (this.#completed >= total) resolve();
    return promise;
  }

  get found(): Assigned {
    const assigned = this.#given.reduce((sum, times) => sum + times, 0);
    const tasks = this.#given.reduce((sum, times) => sum + Math.min(1, times), 0);
    return {
      ...{ assigned, assigned_again: assigned - tasks - this.#twice, assigned_twice: this.#twice },
      ...{ completed: this.#completed, completed_twice: this.#completedTwice },
      not_completed: this.#notCompleted,
    };
  }

  #move(place: number, from: string, to: string, epoch: number): void {
    if (to === 'assigned' && from !== 'assigned') {
      if (this.#held[place] === 1 || epoch <= (this.#epochs[place] ?? 0)) this.#twice += 1;
      this.#held[place] = 1;
      this.#given[place] = (this.#given[place] ?? 0) + 1;
      this.#epochs[place] = epoch;
    } else if (to === 'ready' || to === 'scheduled') {
      this.#held[place] = 0;
    } else if (to === 'completed') {
      if (this.#ended[place] === 1) this.#completedTwice += 1;
      else this.#completed += 1;
      this.#ended[place] = 1;
      if (this.#waiter !== undefined && this.#completed >= this.#waiter.total) this.#waiter.resolve();
    } else if (to === 'failed' || to === 'cancelled' || to === 'expired') {
      this.#notCompleted += 1;
    }
  }

  #noteWait(id: string, to: string, atMs: number): void {
    const wait = this.#waits.get(id);
    if (wait === undefined) return;
    if (to === 'ready') wait.readyMs ??= atMs;
    if (to === 'assigned') wait.assignedMs ??= atMs;
  }
}
