// The registry's agents as collaboration needs them: a snapshot, kept up by the registry's feed. Events may come again
// or be older than the snapshot; versions tell.
import type { AgentId, AgentRecord, AgentStatus, Message } from '@nova-torch/protocol';

/** What is known of one agent. */
export interface KnownAgent {
  readonly agentId: AgentId;
  readonly role: string;
  /** Their names. */
  readonly skills: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly teams: readonly string[];
  readonly status: AgentStatus;
  readonly version: number;
}

/** Whether an agent failed or left. */
export const isGone = ({ status }: KnownAgent): boolean => status === 'failed' || status === 'offline';

export interface AgentView {
  readonly size: number;
  get(agentId: AgentId): KnownAgent | undefined;
  /** Live agents, those that match or all, in the order of their ids. */
  live(matches?: (agent: KnownAgent) => boolean): AgentId[];
  /** Agents that failed or left and are not reaped yet. */
  gone(): KnownAgent[];
  /** Takes a record in, unless a newer one is known. */
  put(record: AgentRecord): void;
  /** Takes an event of the registry's feed in, unless it is older than what is known. */
  apply(event: Message): void;
  /** Forgets everything and starts over from a snapshot. */
  replace(records: readonly AgentRecord[]): void;
}

/** Makes an empty view. */
export function createAgentView(): AgentView {
  const agents = new Map<AgentId, KnownAgent>();
  const put = (record: AgentRecord): void => {
    const { agent_id: agentId, role, status, version, labels, teams = [] } = record;
    if ((agents.get(agentId)?.version ?? 0) >= version) return;
    const skills = record.skills.map(({ name }) => name);
    agents.set(agentId, { agentId, role, skills, labels, teams, status, version });
  };
  const restate = (agentId: AgentId, status: AgentStatus, version: number): void => {
    const known = agents.get(agentId);
    if (known !== undefined && known.version < version) agents.set(agentId, { ...known, status, version });
  };
  return {
    get size() {
      return agents.size;
    },
    get: (agentId) => agents.get(agentId),
    live: (matches = () => true) =>
      [...agents.values()]
        .filter((agent) => !isGone(agent) && matches(agent))
        .map(({ agentId }) => agentId)
        .sort(),
    gone: () => [...agents.values()].filter(isGone),
    put,
    apply(event) {
      switch (event.type) {
        case 'agent.joined.v1':
        case 'agent.updated.v1':
          return put(event.payload.agent);
        case 'agent.suspect.v1':
          return restate(event.payload.agent_id, 'suspect', event.payload.version);
        case 'agent.failed.v1':
          return restate(event.payload.agent_id, 'failed', event.payload.version);
        case 'agent.left.v1':
          return restate(event.payload.agent_id, 'offline', event.payload.version);
        case 'agent.reaped.v1':
          agents.delete(event.payload.agent_id);
      }
    },
    replace(records) {
      agents.clear();
      for (const record of records) put(record);
    },
  };
}
