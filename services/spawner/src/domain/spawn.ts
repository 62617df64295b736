// What the spawner keeps about one spawn, and how it may change. Pure: who calls brings the time and stores the result.
//
//   none → starting → running → stopping → stopped | failed
//
// A spawn ends only when it is proven that no process of it lives; `stopping` lasts until then.
import type { AgentDemand, AgentId, SpawnId, SpawnRecord, SpawnState } from '@nova-torch/protocol';

/** How a stop was ordered. It is part of the record, so that a spawner killed in the middle of it goes on with it. */
export interface StopOrder {
  readonly reason: string;
  /** Until then the agent may finish or give back what it has (the broker's clock). */
  readonly polite_until_ms: number;
  /** What the spawn ends as: `stopped` if somebody asked for it, `failed` if it never became ready. */
  readonly outcome: 'stopped' | 'failed';
}

/** The stored record: what everybody may see, and what only its owner needs. */
export interface StoredSpawn {
  readonly record: SpawnRecord;
  /** The spawner home this spawn belongs to: only the spawner of that home starts, watches and ends it. */
  readonly owner: string;
  /** Rises by one with each change; a change is stored only over the version it was decided from. */
  readonly version: number;
  /** Seconds between the polite and the forced end, from the template as it was when the agent was started. */
  readonly stop_grace_s: number;
  readonly stop?: StopOrder | undefined;
  /** Ended only because its host was not heard of; it is taken back if that host comes back with it alive. */
  readonly lost?: boolean | undefined;
}

/** A process, named for good. */
export interface ProcessName {
  readonly pid: number;
  readonly pidStart: string;
}

export interface SpawnTransition {
  readonly from: SpawnState | 'none';
  readonly to: SpawnState;
  readonly when: string;
}

/** Every legal transition of a spawn. */
export const SPAWN_TRANSITIONS: readonly SpawnTransition[] = [
  { from: 'none', to: 'starting', when: 'accepted within the limits' },
  { from: 'none', to: 'running', when: 'the broker lost its record, the process lives' },
  { from: 'starting', to: 'running', when: 'the agent registered' },
  { from: 'starting', to: 'stopping', when: 'somebody asked for its end, or it did not register in time' },
  { from: 'starting', to: 'failed', when: 'its process could not be started or ended before it registered' },
  { from: 'running', to: 'stopping', when: 'somebody asked for its end' },
  { from: 'running', to: 'stopped', when: 'its process ended by itself with exit code 0' },
  { from: 'running', to: 'failed', when: 'its process ended otherwise, or its host is gone' },
  { from: 'stopping', to: 'stopped', when: 'somebody asked for its end and no process of it lives' },
  {
    from: 'stopping',
    to: 'failed',
    when: 'it did not register in time, or a process of it could not be ended',
  },
  { from: 'failed', to: 'running', when: 'it was taken for lost and its host came back with it alive' },
];

const legal = new Set(SPAWN_TRANSITIONS.map(({ from, to }) => `${from}>${to}`));

/** Whether a spawn in this state still counts against the limits: it has, or may have, processes. */
export const isLive = (state: SpawnState): boolean => state !== 'stopped' && state !== 'failed';

export interface SpawnRequest {
  readonly spawn_id: SpawnId;
  readonly agent_id: AgentId;
  readonly template: string;
  readonly role: string;
  readonly stop_grace_s: number;
  readonly requested_by: string;
  readonly demand?: AgentDemand | undefined;
  readonly host: string;
  readonly owner: string;
}

/** A new spawn: the intention to start it, stored before anything is started. */
export function newSpawn(request: SpawnRequest, nowMs: number): StoredSpawn {
  const { spawn_id, agent_id, template, role, requested_by, demand, host, owner, stop_grace_s } = request;
  return {
    record: {
      spawn_id,
      agent_id,
      template,
      role,
      state: 'starting',
      requested_by,
      ...(demand === undefined ? {} : { demand }),
      host,
      requested_at_ms: nowMs,
    },
    owner,
    version: 1,
    stop_grace_s,
  };
}

/** The process that was started for it, or found to be its own. The state stays. */
export function withProcess(spawn: StoredSpawn, { pid, pidStart }: ProcessName): StoredSpawn {
  return {
    ...spawn,
    version: spawn.version + 1,
    record: { ...spawn.record, pid, pid_start: pidStart },
  };
}

/** The agent registered. */
export function becomeRunning(spawn: StoredSpawn, nowMs: number): StoredSpawn {
  return change(spawn, 'running', { ready_at_ms: nowMs });
}

/**
 * Somebody asked for its end. Before the agent has registered nobody would read a polite word, so the polite time is
 * over at once. An order that is already there is only ever made stricter: an earlier forced end, never a later one.
 * Returns undefined when nothing changes.
 */
export function orderStop(
  spawn: StoredSpawn,
  order: { reason: string; force: boolean; outcome?: StopOrder['outcome'] },
  nowMs: number,
): StoredSpawn | undefined {
  const { state } = spawn.record;
  if (!isLive(state)) return undefined;
  const impolite = order.force || state === 'starting';
  const politeUntilMs = impolite ? nowMs : nowMs + spawn.stop_grace_s * 1000;
  if (spawn.stop) {
    if (politeUntilMs >= spawn.stop.polite_until_ms) return undefined;
    return {
      ...spawn,
      version: spawn.version + 1,
      stop: { ...spawn.stop, polite_until_ms: politeUntilMs },
    };
  }
  const stop = { reason: order.reason, polite_until_ms: politeUntilMs, outcome: order.outcome ?? 'stopped' };
  return { ...change(spawn, 'stopping', { reason: order.reason }), stop };
}

/** How its process ended, as far as it is known: an adopted one is not our child, so its exit code is not told to us. */
export interface ExitFacts {
  readonly code?: number | null;
  readonly signal?: string | null;
  /** The agent said goodbye to the registry before: its end was in order, whatever is known of the exit code. */
  readonly left?: boolean;
  /** It ended while there was no spawner. */
  readonly unwatched?: boolean;
  /** Pids of processes of it that could not be ended. */
  readonly alive?: readonly number[];
}

/**
 * It ended, and no process of it lives; if one could not be ended, it failed, whatever was asked. `logTail` explains a
 * failure.
 */
export function settle(spawn: StoredSpawn, exit: ExitFacts, logTail: string, nowMs: number): StoredSpawn {
  const { record, stop } = spawn;
  const { alive = [], code, left } = exit;
  const endedWell = record.state === 'running' && (code === 0 || (code === undefined && left === true));
  const to = alive.length > 0 ? 'failed' : (stop?.outcome ?? (endedWell ? 'stopped' : 'failed'));
  const parts = [stop?.reason ?? describeEnd(record.state, exit)];
  if (alive.length > 0) parts.push(`These of its processes could not be ended: ${alive.join(', ')}`);
  if (to === 'failed' && logTail !== '') parts.push(`Last lines of its log:\n${logTail}`);
  return change(spawn, to, {
    reason: clip(parts.join('. ')),
    ended_at_ms: nowMs,
    ...(code === undefined ? {} : { exit_code: code }),
  });
}

/** It could not be started at all. */
export function failToStart(spawn: StoredSpawn, reason: string, nowMs: number): StoredSpawn {
  const outcome = spawn.stop?.outcome ?? 'failed';
  return change(spawn, outcome, { reason: clip(reason), ended_at_ms: nowMs });
}

/** Its host has not been heard of for so long that its agents have ended by themselves. */
export function declareLost(spawn: StoredSpawn, reason: string, nowMs: number): StoredSpawn {
  const outcome = spawn.stop?.outcome ?? 'failed';
  return { ...change(spawn, outcome, { reason, ended_at_ms: nowMs }), lost: true };
}

/** It was taken for lost, and is not. */
export function takeBack(spawn: StoredSpawn): StoredSpawn {
  const { lost: _, stop: __, ...rest } = spawn;
  const { ended_at_ms: ___, ...record } = spawn.record;
  return change({ ...rest, record }, 'running', { reason: 'its host came back with it alive' });
}

/** A record for a process of ours that has none any more, because the broker lost it. */
export function recreate(request: SpawnRequest, host: ProcessName, nowMs: number): StoredSpawn {
  const spawn = newSpawn(request, nowMs);
  return {
    ...spawn,
    record: {
      ...spawn.record,
      state: 'running',
      pid: host.pid,
      pid_start: host.pidStart,
      ready_at_ms: nowMs,
      reason: 'recovered from its process: the broker lost its record',
    },
  };
}

const REASON_CHARS_MAX = 4_000;

/** Cuts from the middle: the beginning says what happened, the end of the log says why. */
function clip(reason: string): string {
  if (reason.length <= REASON_CHARS_MAX) return reason;
  return `${reason.slice(0, 500)}\n…\n${reason.slice(-(REASON_CHARS_MAX - 503))}`;
}

function describeEnd(state: SpawnState, { code, signal, left, unwatched }: ExitFacts): string {
  if (unwatched) return 'it ended while there was no spawner (exit code unknown)';
  const when = state === 'starting' ? 'before it registered' : 'by itself';
  if (signal) return `it was ended by ${signal} ${when}`;
  if (typeof code === 'number') return `it exited with code ${code} ${when}`;
  return left ? 'it left by itself' : `it ended (exit code unknown) ${when}`;
}

function change(spawn: StoredSpawn, to: SpawnState, fields: Partial<SpawnRecord>): StoredSpawn {
  const { state } = spawn.record;
  if (!legal.has(`${state}>${to}`)) throw new RangeError(`a spawn cannot go from ${state} to ${to}`);
  return { ...spawn, version: spawn.version + 1, record: { ...spawn.record, ...fields, state: to } };
}
