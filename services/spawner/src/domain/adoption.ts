import { isLive, type StoredSpawn } from './spawn.ts';

/** A process that carries our mark: it was started by the spawner of this home, or descends from one that was. */
export interface MarkedProcess {
  readonly pid: number;
  /** Start time as the kernel counts it; with the pid it names one process for good. */
  readonly pidStart: string;
  /** It was started by a spawner itself, not by another process of the spawn: it is, or was, the agent host. */
  readonly isHost: boolean;
}

export type Adoption =
  /** This is its agent host: watch it. */
  | { readonly kind: 'adopt'; readonly process: MarkedProcess }
  /** Its agent host is gone; what is left of it, if anything, is ended. */
  | { readonly kind: 'gone' }
  /** It never had a process. */
  | { readonly kind: 'never-started' };

/**
 * Which process is the agent host of this spawn, among the living ones that carry its mark. A recorded pid and start
 * time decide; without them the spawner died between start and record.
 */
export function adoptionOf(
  { record }: Pick<StoredSpawn, 'record'>,
  marked: readonly MarkedProcess[],
): Adoption {
  if (record.pid !== undefined) {
    const host = marked.find(({ pid, pidStart }) => pid === record.pid && pidStart === record.pid_start);
    return host ? { kind: 'adopt', process: host } : { kind: 'gone' };
  }
  const host = hostAmong(marked);
  if (host) return { kind: 'adopt', process: host };
  return marked.length === 0 ? { kind: 'never-started' } : { kind: 'gone' };
}

/** The agent host among processes of one spawn, if it lives. There is never more than one; the oldest would count. */
export function hostAmong(marked: readonly MarkedProcess[]): MarkedProcess | undefined {
  return marked
    .filter(({ isHost }) => isHost)
    .sort((a, b) => Number(a.pidStart) - Number(b.pidStart) || a.pid - b.pid)[0];
}

export type StragglerVerdict = 'leave' | 'end' | 'recreate' | 'take-back';

/**
 * What becomes of living processes that carry the mark of a spawn which nobody watches.
 * - its record lives: leave it, attaching is the reconciler's work;
 * - its record was only taken for lost, and nobody had asked for its end: take it back;
 * - its record has ended: end it;
 * - it has no record: the broker lost it. An agent host on our broker keeps its paid work and gets a record again;
 *   without a host, or on another broker, nobody can reach it: end it.
 */
export function stragglerVerdict(
  stored: StoredSpawn | undefined,
  seen: { readonly hostAlive: boolean; readonly sameBroker: boolean },
): StragglerVerdict {
  if (!stored) return seen.hostAlive && seen.sameBroker ? 'recreate' : 'end';
  if (isLive(stored.record.state)) return 'leave';
  const wasWanted = stored.lost === true && stored.stop === undefined;
  return wasWanted && seen.hostAlive ? 'take-back' : 'end';
}
