// When an agent is suspected and when it is taken for dead.
//
// L1  Nobody is judged by silence while nobody listened: windows start at `floorMs` at the earliest, the moment since
//     which the registry has been listening without a break.
// L2  A closed session shortens the window; many closed sessions at once do not (a door fell shut, not the agents).
// L3  Judging never jumps: alive → suspect → failed, so that every reader sees both.
import { type Agent, type AgentChange, changed, isGone, reopened } from './agent.ts';

export interface LivenessSettings {
  /** How often an agent says it lives. */
  readonly heartbeatMs: number;
  /** Heartbeats missed before it is suspected. */
  readonly suspectAfter: number;
  /** Heartbeats missed before it is taken for dead; more than `suspectAfter`. */
  readonly failedAfter: number;
  /** The window after its session closed. */
  readonly closedWindowMs: number;
  /** So many sessions closed within their window, or this share of all agents if that is more, are "many at once". */
  readonly massClosesMin: number;
  readonly massClosesShare: number;
}

export interface Listening {
  /** Up to when (server ms) every heartbeat has been read. */
  readonly nowMs: number;
  /** Since when (server ms) somebody has been listening without a break. */
  readonly floorMs: number;
  readonly manyClosed: boolean;
}

export type Judgement =
  /** Silent for too long: suspected or failed now. */
  | { readonly kind: 'declare'; readonly change: AgentChange }
  /** Not yet: to be looked at again at `dueMs`; `change` if its short window was lengthened. */
  | { readonly kind: 'wait'; readonly dueMs: number; readonly change: AgentChange | undefined }
  /** Already gone: nothing falls due any more. */
  | { readonly kind: 'gone' };

/** When (server ms) a live agent is judged that was heard at `heardMs` and then no more. */
export const unheardUntilMs = (heardMs: number, { suspectAfter, heartbeatMs }: LivenessSettings): number =>
  heardMs + suspectAfter * heartbeatMs;

/** When (server ms) an agent is judged next; undefined once it is gone. */
export function dueMs(agent: Agent, settings: LivenessSettings, floorMs = 0): number | undefined {
  if (isGone(agent)) return undefined;
  const { closed_ms: closedMs } = agent.state;
  if (closedMs !== undefined) return Math.max(closedMs, floorMs) + settings.closedWindowMs;
  const missed = agent.record.status === 'suspect' ? settings.failedAfter : settings.suspectAfter;
  return Math.max(agent.heardMs, floorMs) + missed * settings.heartbeatMs;
}

/** Whether `closed` sessions in their short window, of `agents`, are too many to be deaths. */
export const areManyClosed = (closed: number, agents: number, settings: LivenessSettings): boolean =>
  closed >= Math.max(settings.massClosesMin, Math.ceil(agents * settings.massClosesShare));

/** Judges one agent by its silence. */
export function judge(agent: Agent, listening: Listening, settings: LivenessSettings): Judgement {
  const { nowMs, floorMs, manyClosed } = listening;
  const due = dueMs(agent, settings, floorMs);
  if (due === undefined) return { kind: 'gone' };
  if (due > nowMs) return { kind: 'wait', dueMs: due, change: undefined };
  const { closed_ms: closedMs } = agent.state;
  if (closedMs !== undefined && manyClosed) return lengthen(agent, listening, settings);
  if (agent.record.status !== 'suspect') {
    const reason = `no heartbeat for ${secondsOf(nowMs - agent.heardMs)} s`;
    return { kind: 'declare', change: suspect(agent, reason) };
  }
  const reason =
    closedMs === undefined
      ? `no heartbeat for ${secondsOf(nowMs - agent.heardMs)} s`
      : `its session closed and no sign of life followed within ${secondsOf(settings.closedWindowMs)} s`;
  return { kind: 'declare', change: fail(agent, { atMs: nowMs, reason, certain: false }) };
}

/** Suspects a live agent: it gets no new task until it is heard. */
export function suspect(before: Agent, reason: string, closedMs?: number): AgentChange {
  const state = closedMs === undefined ? {} : { closed_ms: closedMs };
  const after = changed(before, { record: { status: 'suspect' }, state });
  return { before, after, event: { type: 'agent.suspect.v1', reason } };
}

/** Takes an agent for dead. */
export function fail(
  before: Agent,
  { atMs, reason, certain }: { atMs: number; reason: string; certain: boolean },
): AgentChange {
  const departure = { how: 'failed', at_ms: atMs, certain, reason } as const;
  const open: Agent = { ...before, state: reopened(before.state) };
  const after = changed(open, { record: { status: 'failed' }, state: { departure } });
  return { before, after, event: { type: 'agent.failed.v1', reason, certain } };
}

/** Gives an agent whose session closed along with many others the full window (L2). It stays suspected. */
function lengthen(agent: Agent, { floorMs }: Listening, settings: LivenessSettings): Judgement {
  const after = changed({ ...agent, state: reopened(agent.state) }, {});
  const change: AgentChange = { before: agent, after, event: undefined };
  return { kind: 'wait', dueMs: dueMs(after, settings, floorMs) ?? 0, change };
}

const secondsOf = (ms: number): string => (ms / 1000).toFixed(ms < 10_000 ? 1 : 0);

/** The time (server ms) in an entry's id. */
export const entryMs = (entryId: string): number => Number(entryId.slice(0, entryId.indexOf('-')));

/**
 * Up to when (server ms) everything sent to the registry has been read: now, or, while entries wait, the time of the
 * last one taken. Agents are judged as of then, so a backlog of heartbeats is no silence.
 */
export function heardUpToMs(
  { written, taken }: { readonly written: string; readonly taken: string },
  nowMs: number,
): number {
  return compareEntryIds(written, taken) > 0 ? Math.min(nowMs, entryMs(taken)) : nowMs;
}

function compareEntryIds(a: string, b: string): number {
  const byTime = entryMs(a) - entryMs(b);
  return byTime === 0 ? Number(a.slice(a.indexOf('-') + 1)) - Number(b.slice(b.indexOf('-') + 1)) : byTime;
}
