// Who waits for changes of which task. Fed by the feed of task changes; nobody polls.
//
// W1  A watch sees every change after its begin: what happens between two `next` calls is kept until asked for.
// W2  After a gap in the feed every watch is told to look again, so a missed end wakes its waiter too.
// W3  Every `next` settles: by a change, by its deadline, when its watch is closed or the gateway stops.
import { isTerminal, NovaError, type TaskChange, type TaskId } from '@nova-torch/protocol';

/** Why a watch woke up. `look-again`: changes may have been missed. */
export type Wakeup = 'changed' | 'ended' | 'look-again' | 'deadline' | 'stopping';

/** One waiting for one task. */
export interface Watch {
  /**
   * Resolves at the next change, at once if one came since the last call. With `only: 'end'` mere changes are skipped.
   * `deadline` after `timeoutMs`; `stopping` at once when the gateway stops.
   */
  next(options: { timeoutMs: number; only?: 'end' }): Promise<Wakeup>;
  /** The trace of the change that ended the task, once that was seen. */
  readonly endTraceparent: string | undefined;
  /** Ends the watch; a `next` under way resolves with `stopping`. */
  close(): void;
}

export interface TaskWatch {
  /** Begins to watch a task. Throws OVERLOADED when too many watches are open. */
  open(taskId: TaskId): Watch;
  /** Takes one change from the feed. */
  onChange(change: TaskChange): void;
  /** Tells every watch to look again. */
  lookAgain(): void;
  /** Wakes everybody for good. */
  stop(): void;
  readonly size: number;
}

/** Makes an empty watch that holds at most `max` waitings. */
export function createTaskWatch(max: number): TaskWatch {
  const watches = new Map<TaskId, Set<OpenWatch>>();
  let size = 0;
  let stopped = false;
  const everyWatch = function* () {
    for (const group of watches.values()) yield* group;
  };
  return {
    get size() {
      return size;
    },
    open(taskId) {
      if (size >= max) {
        throw new NovaError('OVERLOADED', `${max} requests are waiting for tasks already.`);
      }
      const watch = new OpenWatch(stopped);
      const group = watches.get(taskId) ?? new Set();
      watches.set(taskId, group.add(watch));
      size += 1;
      return {
        get endTraceparent() {
          return watch.endTraceparent;
        },
        next: (options) => watch.next(options),
        close() {
          if (!group.delete(watch)) return;
          watch.stop();
          size -= 1;
          if (group.size === 0 && watches.get(taskId) === group) watches.delete(taskId);
        },
      };
    },
    onChange({ task_id, to, traceparent }) {
      const ended = isTerminal(to);
      for (const watch of watches.get(task_id) ?? []) {
        if (ended) watch.endTraceparent = traceparent;
        watch.wake(ended ? 'ended' : 'changed');
      }
    },
    lookAgain() {
      for (const watch of everyWatch()) watch.wake('look-again');
    },
    stop() {
      stopped = true;
      for (const watch of everyWatch()) watch.stop();
    },
  };
}

type News = 'changed' | 'ended' | 'look-again';

class OpenWatch {
  endTraceparent: string | undefined;
  #news: News | undefined;
  #stopped: boolean;
  #check: (() => void) | undefined;

  constructor(stopped: boolean) {
    this.#stopped = stopped;
  }

  wake(news: News): void {
    // An end or a gap must not be covered by a later, lesser change.
    if (this.#news === undefined || news !== 'changed') this.#news = news;
    this.#check?.();
  }

  stop(): void {
    this.#stopped = true;
    this.#check?.();
  }

  next({ timeoutMs, only }: { timeoutMs: number; only?: 'end' }): Promise<Wakeup> {
    return new Promise((resolve) => {
      const settle = (wakeup: Wakeup): void => {
        clearTimeout(timer);
        this.#check = undefined;
        resolve(wakeup);
      };
      const timer = setTimeout(() => settle('deadline'), Math.max(0, timeoutMs));
      this.#check = () => {
        const news = this.#news;
        if (this.#stopped) return settle('stopping');
        if (news === undefined || (only === 'end' && news === 'changed')) return;
        this.#news = undefined;
        settle(news);
      };
      this.#check();
    });
  }
}
