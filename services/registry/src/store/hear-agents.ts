import type { AgentId } from '@nova-torch/protocol';
import { asList, asNumber, defineScript } from '@nova-torch/streams';
import type { Agent } from '../domain/agent.ts';
import type { StoreContext } from './context.ts';

/** When (server ms) an agent was heard and is judged next; without a record it is only taken off the dues. */
export interface HeardAgent {
  readonly agentId: AgentId;
  readonly agent: Agent | undefined;
  readonly heardMs: number;
  readonly dueMs: number;
}

const script = defineScript<boolean[]>({
  name: 'hear-agents',
  file: new URL('./hear-agents.lua', import.meta.url),
  parse: (reply) => asList(reply).map((one) => asNumber(one) === 1),
});

/** Notes when unchanged agents were heard, in one script; false for each whose version is another by now. */
export async function hearAgents(
  { broker, keys }: StoreContext,
  heard: readonly HeardAgent[],
): Promise<boolean[]> {
  if (heard.length === 0) return [];
  return broker.run(script, {
    keys: [keys.due, ...heard.map(({ agentId }) => keys.agent(agentId))],
    args: heard.flatMap(({ agentId, agent, heardMs, dueMs }) => [
      agentId,
      agent?.record.version ?? '',
      heardMs,
      dueMs,
    ]),
  });
}
