// Finds and ends every process of one run of a command, on Linux, by what /proc tells.
//
// P1 A process belongs to the run if its environment has the run's marker (NOVA_RUN_ID), if it is in the session or
//    the process group of the command, or if it descends from such a process. The marker also finds what left the
//    session and was re-parented. What did that *and* emptied its environment before it was first seen is not found.
//    Without /proc only the process group is known, and stands for all of it.
// P2 Ending it is a loop until nothing is found: what is born meanwhile is found in the next round.
import { readdir, readFile } from 'node:fs/promises';
import { pause } from '../pause.ts';

/** The run of a command. */
export interface RunIdentity {
  readonly runId: string;
  /** The command's own process: leader of its session and group. */
  readonly pid: number;
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  readonly marked: boolean;
}

/** How long SIGKILL is repeated before what is left is given up, in ms: a process in the kernel's hands dies later. */
const KILL_MAX_MS = 10_000;
const SCAN_CHUNK = 64;
/** Of the fields statFields returns. */
const START_FIELD = 19;
const POLL_MAX_MS = 200;

/** Pids of all processes of a run that are alive (P1); without /proc the negative pid of its group, if that is alive. */
export async function findRun({ runId, pid }: RunIdentity): Promise<number[]> {
  const processes = await listProcesses(runId);
  if (processes === undefined) return pid > 1 && signalProcess(-pid, 0) ? [-pid] : [];
  const members = new Set<number>();
  for (const one of processes) {
    // Nothing the kernel or init leads is a run.
    if (pid <= 1 && !one.marked) continue;
    if (one.marked || one.group === pid || one.session === pid || one.pid === pid) members.add(one.pid);
  }
  for (let grown = -1; grown !== members.size; ) {
    grown = members.size;
    for (const one of processes) if (members.has(one.parent)) members.add(one.pid);
  }
  members.delete(process.pid);
  return [...members];
}

/** Nothing if none is left. SIGTERM to all, then up to `graceMs` for them to end, then SIGKILL. Resolves with the pids that would not die. */
export async function endRun(run: RunIdentity, graceMs: number, cutShort?: AbortSignal): Promise<number[]> {
  const members = await findRun(run);
  if (members.length === 0) return [];
  if (graceMs > 0) {
    for (const pid of members) signalProcess(pid, 'SIGTERM');
    const graceOverAt = performance.now() + graceMs;
    for (let waitMs = 10; performance.now() < graceOverAt; waitMs = Math.min(POLL_MAX_MS, waitMs * 2)) {
      if (cutShort?.aborted || (await findRun(run)).length === 0) break;
      await pause(Math.min(waitMs, Math.max(1, graceOverAt - performance.now())), cutShort);
    }
  }
  return killRun(run);
}

/** SIGKILL to all, again and again until none is found (P2). Resolves with the pids that would not die. */
export async function killRun(run: RunIdentity): Promise<number[]> {
  const giveUpAt = performance.now() + KILL_MAX_MS;
  for (let waitMs = 5; ; waitMs = Math.min(POLL_MAX_MS, waitMs * 2)) {
    const members = await findRun(run);
    if (members.length === 0 || performance.now() > giveUpAt) return members;
    signalGroup(run.pid, 'SIGKILL');
    for (const pid of members) signalProcess(pid, 'SIGKILL');
    await pause(waitMs);
  }
}

/** The start time of a live process as the kernel counts it; with the pid it names one process for good. */
export async function processStart(pid: number): Promise<string | undefined> {
  const fields = await statFields(pid);
  return fields === undefined || fields[0] === 'Z' ? undefined : fields[START_FIELD];
}

/** When this process began, in the kernel's ticks. What is older belongs to no run of it. */
let ownStart: Promise<number> | undefined;

async function listProcesses(runId: string): Promise<Process[] | undefined> {
  const all = await readdir('/proc').catch(() => undefined);
  if (all === undefined) return undefined;
  ownStart ??= statFields(process.pid).then((fields) => Number(fields?.[START_FIELD] ?? 0));
  const since = await ownStart;
  const names = all.filter((name) => /^\d+$/.test(name));
  const found: Process[] = [];
  for (let from = 0; from < names.length; from += SCAN_CHUNK) {
    const chunk = names.slice(from, from + SCAN_CHUNK);
    for (const one of await Promise.all(chunk.map((name) => readProcess(Number(name), runId, since)))) {
      if (one) found.push(one);
    }
  }
  return found;
}

async function readProcess(pid: number, runId: string, since: number): Promise<Process | undefined> {
  const fields = await statFields(pid);
  // A zombie is dead already; its parent has not asked for its exit code yet.
  if (fields === undefined || fields[0] === 'Z' || fields[0] === 'X') return undefined;
  if (Number(fields[START_FIELD]) < since) return undefined;
  const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
  const [, parent, group, session] = fields.map(Number);
  return {
    pid,
    parent: parent ?? 0,
    group: group ?? 0,
    session: session ?? 0,
    marked: hasMarker(environment, runId),
  };
}

/** Whether one of the runs a process belongs to is this one. */
function hasMarker(environment: string, runId: string): boolean {
  if (!environment.includes(runId)) return false;
  const marker = environment.split('\0').find((entry) => entry.startsWith('NOVA_RUN_ID='));
  return marker?.slice('NOVA_RUN_ID='.length).split('/').includes(runId) ?? false;
}

/** Fields of /proc/<pid>/stat from the third (the state) on; the second is a name that may contain anything. */
async function statFields(pid: number): Promise<string[] | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined);
  return stat
    ?.slice(stat.lastIndexOf(')') + 2)
    .trimEnd()
    .split(' ');
}

/** Never the groups 0 and 1, which stand for this process's own and for everything. */
function signalGroup(pid: number, signal: NodeJS.Signals): void {
  if (pid > 1) signalProcess(-pid, signal);
}

/** Whether there was such a process. One that is gone meanwhile, or belongs to somebody else by now, is none of ours. */
function signalProcess(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
