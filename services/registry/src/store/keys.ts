import { type AgentId, ownedKeys, streamKeys } from '@nova-torch/protocol';

/** Every key the registry owns in a partition, and the streams its scripts write. */
export interface RegistryKeys {
  /** ZSET, all scores 0: every agent id there is a record of, in order. */
  readonly index: string;
  /** ZSET by server ms: when each agent is judged next. Agents that are gone are not in it. */
  readonly due: string;
  /** ZSET by server ms: when sessions of agents closed lately. */
  readonly closings: string;
  /** HASH: when somebody last listened for heartbeats, and since when without a break. */
  readonly attendance: string;
  /** FEED of what happens to agents. */
  readonly events: string;
  /** FEED of inboxes that got something. */
  readonly doorbell: string;
  /** WORK stream of everything sent to the registry. */
  readonly work: string;
  /** HASH: version, record, state, digest (of its heartbeats), heard_ms, released:<service>. */
  agent(agentId: AgentId): string;
  /** ZSET by server ms: the attempts counted last in the agent's performance. */
  counted(agentId: AgentId): string;
  /** WORK stream, group `inbox`. */
  inbox(agentId: AgentId): string;
}

/** Makes the keys of a partition. */
export function registryKeys(partition: number): RegistryKeys {
  const own = ownedKeys(partition, 'registry');
  const streams = streamKeys(partition);
  return {
    index: `${own}:agents`,
    due: `${own}:due`,
    closings: `${own}:closings`,
    attendance: `${own}:attendance`,
    events: streams.registryEvents,
    doorbell: streams.agentsDoorbell,
    work: streams.registry,
    agent: (agentId) => `${own}:agent:${agentId}`,
    counted: (agentId) => `${own}:counted:${agentId}`,
    inbox: (agentId) => streams.agentInbox(agentId),
  };
}
