// What the kernel tells about processes: /proc. Synchronous reads, because these files are memory and a scan of a few
// hundred processes takes a few milliseconds; a scan is shared by all who ask within the same moment.
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessRow {
  readonly pid: number;
  readonly ppid: number;
  readonly pgrp: number;
  readonly session: number;
  /** Field 22 of /proc/<pid>/stat: clock ticks from boot to its start. */
  readonly start: string;
}

/** All processes that live now, by pid. Zombies have ended: they are not in it. */
export type ProcessTable = ReadonlyMap<number, ProcessRow>;

/** One living process, or undefined when there is none with this pid (a zombie counts as none). */
export function readProcess(pid: number): ProcessRow | undefined {
  const fields = readStat(pid);
  if (!fields || fields.state === 'Z' || fields.state === 'X') return undefined;
  return fields.row;
}

/** Start time of a pid, also when its process has ended and nobody has waited for it yet. */
export function startOf(pid: number): string | undefined {
  return readStat(pid)?.row.start;
}

function readStat(pid: number): { state: string; row: ProcessRow } | undefined {
  const stat = readProc(`${pid}/stat`);
  if (stat === undefined) return undefined;
  // The name, field 2, stands in parentheses and may contain anything, also blanks and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, ppid, pgrp, session] = fields;
  const start = fields[19];
  if (state === undefined || start === undefined) return undefined;
  return { state, row: { pid, ppid: Number(ppid), pgrp: Number(pgrp), session: Number(session), start } };
}

/** The process that was started with this pid at this time still lives. */
export function isSameProcess(pid: number, start: string): boolean {
  return readProcess(pid)?.start === start;
}

/** Every process this user may see. Throws where there is no /proc. */
export function readProcessTable(): ProcessTable {
  const table = new Map<number, ProcessRow>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const row = readProcess(Number(name));
    if (row) table.set(row.pid, row);
  }
  return table;
}

/** The environment a process was started with; undefined when it is gone or not ours to read. */
export function readEnvironment(pid: number): ReadonlyMap<string, string> | undefined {
  const text = readProc(`${pid}/environ`);
  if (text === undefined) return undefined;
  const variables = new Map<string, string>();
  for (const line of text.split('\0')) {
    const equals = line.indexOf('=');
    if (equals > 0) variables.set(line.slice(0, equals), line.slice(equals + 1));
  }
  return variables;
}

/** The start time of this very process. Throws where there is no /proc: this runtime needs Linux. */
export function ownStart(): string {
  const start = startOf(process.pid);
  if (start === undefined)
    throw new Error('cannot read /proc/self/stat: agents can be started on Linux only');
  return start;
}

/** A process that is gone while it is read is not an error: it is gone. */
function readProc(name: string): string | undefined {
  try {
    return readFileSync(`/proc/${name}`, 'utf8');
  } catch {
    return undefined;
  }
}
