import type { AgentRecord } from '@nova-torch/protocol';
import type { NovaClient } from '../nova-client.ts';

export interface PeerFilters {
  role?: string | undefined;
  /** All of them. */
  skills?: readonly string[] | undefined;
}

const GONE: readonly AgentRecord['status'][] = ['offline', 'failed'];

/** Finds agents to work with. */
export class CollaborationManager {
  readonly #client: NovaClient;
  readonly #agentId: string | undefined;

  /** `agentId` is the agent that looks for peers; it is none of them. */
  constructor(client: NovaClient, agentId?: string) {
    this.#client = client;
    this.#agentId = agentId;
  }

  /** The other agents that match and are there. */
  async discoverPeers(filters: PeerFilters = {}): Promise<AgentRecord[]> {
    const agents = await this.#client.listAgents(filters);
    return agents.filter(({ agent_id, status }) => agent_id !== this.#agentId && !GONE.includes(status));
  }
}
