import type { AgentId, AgentRecord, AgentRegistration } from '@nova-torch/protocol';
import { type Agent, type AgentChange, isGone, nextVersion } from './agent.ts';
import { performanceOf } from './performance.ts';

/** A registration as it arrived: `by` is its envelope id, `nowMs` server time. */
export interface Arrival {
  readonly agentId: AgentId;
  readonly registration: AgentRegistration;
  readonly by: string;
  readonly nowMs: number;
}

export type Registered =
  | { readonly kind: 'joined'; readonly change: AgentChange }
  /** The very same registration was stored before. */
  | { readonly kind: 'repeated'; readonly agent: Agent }
  /** Somebody else lives under this id. */
  | { readonly kind: 'taken'; readonly detail: string };

/**
 * Makes or renews an agent's record. A renewal starts idle, keeps inbox and performance, and revives a failed or left
 * agent. The id of an agent that is alive elsewhere (another spawn, another host) is refused: two processes would
 * share one inbox.
 */
export function register(before: Agent | undefined, arrival: Arrival): Registered {
  if (before?.state.registered_by === arrival.by) return { kind: 'repeated', agent: before };
  const detail = before === undefined ? undefined : holderElsewhere(before, arrival.registration);
  if (detail !== undefined) return { kind: 'taken', detail };
  const counts = before?.state.counts ?? { completed: 0, failed: 0, seconds: 0 };
  const after: Agent = {
    record: {
      ...recordOf(arrival),
      performance: performanceOf(counts),
      version: nextVersion(before, arrival.nowMs),
    },
    state: { registered_by: arrival.by, registered_ms: arrival.nowMs, counts },
    heardMs: arrival.nowMs,
  };
  return { kind: 'joined', change: { before, after, event: { type: 'agent.joined.v1' } } };
}

function recordOf({ agentId, registration, nowMs }: Arrival): Omit<AgentRecord, 'performance' | 'version'> {
  const { agent_id: _, ...told } = registration;
  return {
    ...told,
    agent_id: agentId,
    status: 'idle',
    last_heartbeat: nowMs / 1000,
    current_tasks: [],
    registered_at: nowMs / 1000,
  };
}

function holderElsewhere(agent: Agent, registration: AgentRegistration): string | undefined {
  const { record } = agent;
  if (isGone(agent) || record.status === 'suspect') return undefined;
  if (record.spawn_id !== undefined && registration.spawn_id !== undefined) {
    if (record.spawn_id === registration.spawn_id) return undefined;
    return `the id belongs to the live agent of ${record.spawn_id}`;
  }
  const hosts = [record.host, registration.host];
  if (hosts.includes('unknown') || record.host === registration.host) return undefined;
  return `the id belongs to an agent that lives on ${record.host}`;
}
