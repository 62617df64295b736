// Which living processes belong to which spawn.
//
// Every process of a spawn inherits the mark NOVA_SPAWN_ID, also when it leaves the session, the group and its parent.
// A program may clear its environment or write over it, so more counts: a parent that belongs to the spawn, a session
// whose leader does or did, and having belonged to it once (pid and start time are remembered). Only a process that
// clears its environment, leaves the session *and* loses its parent between two looks is missed; there is one a second.
import { MARKS } from '../domain/host-command.ts';
import { type ProcessRow, type ProcessTable, readEnvironment, readProcessTable } from './process-table.ts';
import type { ProcessHandle } from './runtime.ts';

export interface MarkedRow extends ProcessRow {
  /** It leads its session and has what only a spawner gives: it is an agent host. */
  readonly isHost: boolean;
}

export interface MarkedProcesses {
  /**
   * Living processes by the spawn they belong to. The spawner itself and its ancestors are never among them. A host
   * that lives, or ended a moment ago, may be named: the session it leads or led is its own, because the kernel gives
   * its pid to nobody while a process of that session lives.
   */
  look(host?: ProcessHandle): ReadonlyMap<string, readonly MarkedRow[]>;
}

/**
 * An environment changes only when a process starts another program in its place, which ours do right after their
 * birth: one that was without the mark for so long is not read again. It halves the cost of a look.
 */
const STRANGER_AFTER_MS = 2_000;

/** Looks at /proc. `own` is the pid that is to be left alone, with its ancestors. */
export function createMarkedProcesses(own: number = process.pid): MarkedProcesses {
  let known = new Map<string, string>();
  let strangers = new Map<string, number>();
  const isStranger = (key: string): boolean => {
    const since = strangers.get(key);
    return since !== undefined && performance.now() - since > STRANGER_AFTER_MS;
  };
  return {
    look(host) {
      const table = readProcessTable();
      const spared = ancestorsOf(own, table);
      const spawnOf = new Map<number, string | undefined>();
      const hosts = new Set<number>();
      const belongsTo = (row: ProcessRow): string | undefined => {
        if (spared.has(row.pid)) return undefined;
        if (spawnOf.has(row.pid)) return spawnOf.get(row.pid);
        spawnOf.set(row.pid, undefined);
        const environment = isStranger(keyOf(row)) ? undefined : readEnvironment(row.pid);
        if (row.session === row.pid && environment?.has(MARKS.supervisorFile)) hosts.add(row.pid);
        const spawn =
          environment?.get(MARKS.spawnId) ||
          known.get(keyOf(row)) ||
          ofRelative(table.get(row.ppid)) ||
          ofRelative(row.session === row.pid ? undefined : table.get(row.session)) ||
          (isIn(row, host, table) ? host?.spawnId : undefined);
        spawnOf.set(row.pid, spawn);
        return spawn;
      };
      const ofRelative = (row: ProcessRow | undefined): string | undefined => row && belongsTo(row);
      const found = new Map<string, MarkedRow[]>();
      const living = [...table.values()].map((row) => [row, belongsTo(row)] as const);
      const before = strangers;
      known = new Map();
      strangers = new Map();
      for (const [row, spawn] of living) {
        const key = keyOf(row);
        if (spawn === undefined) {
          strangers.set(key, before.get(key) ?? performance.now());
          continue;
        }
        known.set(key, spawn);
        const rows = found.get(spawn) ?? [];
        rows.push({ ...row, isHost: hosts.has(row.pid) });
        found.set(spawn, rows);
      }
      return found;
    },
  };
}

const keyOf = ({ pid, start }: ProcessRow): string => `${pid}:${start}`;

function isIn(row: ProcessRow, host: ProcessHandle | undefined, table: ProcessTable): boolean {
  if (host === undefined || row.session !== host.pid) return false;
  const leader = table.get(host.pid);
  return leader === undefined || leader.start === host.pidStart;
}

function ancestorsOf(pid: number, table: ProcessTable): ReadonlySet<number> {
  const found = new Set<number>([1]);
  for (let at: number | undefined = pid; at !== undefined && at > 1; at = table.get(at)?.ppid) {
    if (found.has(at)) break;
    found.add(at);
  }
  return found;
}
