import type { SpawnRecord } from '@nova-torch/protocol';
import type { NovaClient } from '../nova-client.ts';

/** Whether a template may be started now, and why not. */
export interface SpawnAdvice {
  possible: boolean;
  reason: string;
}

const COUNTED_STATES: readonly SpawnRecord['state'][] = ['starting', 'running', 'stopping'];

/** Starts and ends agent processes. */
export class AgentSpawner {
  readonly #client: NovaClient;

  constructor(client: NovaClient) {
    this.#client = client;
  }

  /** Whether the template exists and its limit leaves room. Advice only: the spawner decides when asked. */
  async canSpawnAgent(templateName: string): Promise<SpawnAdvice> {
    const [templates, spawns] = await Promise.all([this.#client.listTemplates(), this.#client.listSpawns()]);
    const template = templates.find(({ name }) => name === templateName);
    if (template === undefined) return { possible: false, reason: `there is no template ${templateName}` };
    const running = spawns.filter(
      (spawn) => spawn.template === templateName && COUNTED_STATES.includes(spawn.state),
    ).length;
    const reason = `${running} of at most ${template.max_instances} run`;
    return { possible: running < template.max_instances, reason };
  }

  /** Starts an agent of a template. Safe to repeat with the same idempotency key. */
  createAgent(template: string, options: { idempotencyKey?: string } = {}): Promise<SpawnRecord> {
    return this.#client.spawnAgent({ template }, options);
  }

  /** Ends a spawned agent: politely first, or at once with `force`. */
  terminateAgent(agentId: string, request: { reason?: string; force?: boolean } = {}): Promise<SpawnRecord> {
    return this.#client.terminateAgent(agentId, request);
  }
}
