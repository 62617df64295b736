// Which living processes belong to which spawn.
//
// Every process of a spawn inherits the mark NOVA_SPAWN_ID, also when it leaves the session, the group and its parent.
// A program may clear its environment or write over it, so more counts: a parent that belongs to the spawn, a session
// whose leader does, and having belonged to it once (pid and start time are remembered). Only a process that clears its
// environment, leaves the session *and* loses its parent between two looks is missed; there is a look every second.
import { MARKS } from '../domain/host-command.ts';
import { type ProcessRow, type ProcessTable, readEnvironment, readProcessTable } from './process-table.ts';

export interface MarkedProcesses {
  /** Living processes by the spawn they belong to. The spawner itself and its ancestors are never among them. */
  look(): ReadonlyMap<string, readonly ProcessRow[]>;
}

/** Looks at /proc. `own` is the pid that is to be left alone, with its ancestors. */
export function createMarkedProcesses(own: number = process.pid): MarkedProcesses {
  let known = new Map<string, string>();
  return {
    look() {
      const table = readProcessTable();
      const spared = ancestorsOf(own, table);
      const spawnOf = new Map<number, string | undefined>();
      const belongsTo = (row: ProcessRow): string | undefined => {
        if (spared.has(row.pid)) return undefined;
        if (spawnOf.has(row.pid)) return spawnOf.get(row.pid);
        spawnOf.set(row.pid, undefined);
        const spawn =
          readEnvironment(row.pid)?.get(MARKS.spawnId) ||
          known.get(keyOf(row)) ||
          ofRelative(table.get(row.ppid)) ||
          ofRelative(row.session === row.pid ? undefined : table.get(row.session));
        spawnOf.set(row.pid, spawn);
        return spawn;
      };
      const ofRelative = (row: ProcessRow | undefined): string | undefined => row && belongsTo(row);
      const found = new Map<string, ProcessRow[]>();
      const living = [...table.values()].map((row) => [row, belongsTo(row)] as const);
      known = new Map();
      for (const [row, spawn] of living) {
        if (spawn === undefined) continue;
        known.set(keyOf(row), spawn);
        const rows = found.get(spawn);
        if (rows) rows.push(row);
        else found.set(spawn, [row]);
      }
      return found;
    },
  };
}

const keyOf = ({ pid, start }: ProcessRow): string => `${pid}:${start}`;

function ancestorsOf(pid: number, table: ProcessTable): ReadonlySet<number> {
  const found = new Set<number>([1]);
  for (let at: number | undefined = pid; at !== undefined && at > 1; at = table.get(at)?.ppid) {
    if (found.has(at)) break;
    found.add(at);
  }
  return found;
}
