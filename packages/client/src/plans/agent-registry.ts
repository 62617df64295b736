import { type AgentRecord, type AgentRegistrationInput, mayTakeTasks } from '@nova-torch/protocol';
import type { AgentFilters, RegisteredAgent } from '../agent-calls.ts';
import type { NovaClient } from '../nova-client.ts';

/** Registers agents and finds them. */
export class AgentRegistry {
  readonly #client: NovaClient;

  constructor(client: NovaClient) {
    this.#client = client;
  }

  /** Registers an agent, or renews its registration when `agent_id` is one that is known. */
  registerAgent(registration: AgentRegistrationInput): Promise<RegisteredAgent> {
    return this.#client.registerAgent(registration);
  }

  /** An agent leaves; what it holds goes to others. */
  deregisterAgent(agentId: string, reason?: string): Promise<AgentRecord> {
    return this.#client.deregisterAgent(agentId, reason);
  }

  /** An agent lives and works on these tasks. Due every `heartbeat_every_ms` of its registration. */
  async heartbeat(agentId: string, currentTasks: readonly string[] = []): Promise<void> {
    await this.#client.heartbeat(agentId, { currentTasks });
  }

  /** Agents that match, live and have a free slot. */
  async findAvailableAgents(filters: Omit<AgentFilters, 'status'> = {}): Promise<AgentRecord[]> {
    const agents = await this.#client.listAgents(filters);
    return agents.filter(
      ({ status, current_tasks, capacity }) => mayTakeTasks(status) && current_tasks.length < capacity,
    );
  }
}
