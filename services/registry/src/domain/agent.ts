import type { AgentRecord } from '@nova-torch/protocol';

/** How an agent went: taken for dead, or deregistered. */
export interface Departure {
  readonly how: 'failed' | 'left';
  readonly at_ms: number;
  /** Its end was seen, or it said so itself; else it may live on unheard. */
  readonly certain: boolean;
  readonly reason: string;
}

/** Ended attempts of an agent, from which its performance follows. */
export interface AttemptCounts {
  readonly completed: number;
  readonly failed: number;
  /** Seconds of work on completed tasks, summed. */
  readonly seconds: number;
}

/** What the registry keeps beside the public record. */
export interface AgentState {
  /** The envelope id of the registration that made this record: the same one again changes nothing. */
  readonly registered_by: string;
  /** When the record was last registered, server ms. Signs and releases from before concern an earlier life. */
  readonly registered_ms: number;
  /** When the agent's session was seen closing; only while the short window runs. */
  readonly closed_ms?: number;
  readonly departure?: Departure;
  readonly counts: AttemptCounts;
}

/** An agent as the registry stores it. `heardMs` (server ms) is the newest sign of life; the record's own is derived. */
export interface Agent {
  readonly record: AgentRecord;
  readonly state: AgentState;
  readonly heardMs: number;
}

/** What the others are told of a change; the feed carries it as a message of this type. */
export type AgentEvent =
  | { readonly type: 'agent.joined.v1' }
  | { readonly type: 'agent.updated.v1' }
  | { readonly type: 'agent.suspect.v1'; readonly reason: string }
  | { readonly type: 'agent.left.v1'; readonly reason: string }
  | { readonly type: 'agent.failed.v1'; readonly reason: string; readonly certain: boolean };

/** One change of one agent: written whole if the stored version is still `before`'s, else decided again. */
export interface AgentChange {
  readonly before: Agent | undefined;
  readonly after: Agent;
  /** Absent when nothing changed that the others may know. */
  readonly event: AgentEvent | undefined;
}

/** Whether an agent failed or left: it stays known until everybody has let go of it. */
export const isGone = (agent: Agent): boolean => agent.state.departure !== undefined;

/**
 * The version after `before`'s. A new record starts at server time, so versions rise also for an agent that registers
 * again after it was reaped or after the broker lost its data: readers never take the new record for an old one.
 */
export const nextVersion = (before: Agent | undefined, nowMs: number): number =>
  before === undefined ? Math.max(1, Math.floor(nowMs)) : before.record.version + 1;

/** The same agent with another record and state, one version on. */
export function changed(
  before: Agent,
  fields: { record?: Partial<AgentRecord>; state?: Partial<AgentState>; heardMs?: number },
): Agent {
  return {
    record: { ...before.record, ...fields.record, version: nextVersion(before, 0) },
    state: { ...before.state, ...fields.state },
    heardMs: fields.heardMs ?? before.heardMs,
  };
}

/** The state without the mark of a closed session. */
export function reopened({ closed_ms: _, ...state }: AgentState): AgentState {
  return state;
}

/** The public record with the time the agent was last heard. */
export const publicRecord = ({ record, heardMs }: Agent): AgentRecord => ({
  ...record,
  last_heartbeat: heardMs / 1000,
});
