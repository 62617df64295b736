import { type AgentDeregisterV1, AgentStateV1 } from '@nova-torch/protocol';
import { answer, refuse } from '@nova-torch/service-kit';
import { type Delivered, type Outcome, retry } from '@nova-torch/streams';
import { publicRecord } from '../domain/agent.ts';
import { leave } from '../domain/departure.ts';
import { CONFLICTS_MAX } from './conflicts.ts';
import type { RegistryDeps } from './deps.ts';

/** An agent leaves and holds nothing any more. One that is gone already gets the same answer. */
export async function onAgentDeregister(
  deps: RegistryDeps,
  request: Delivered<AgentDeregisterV1>,
): Promise<Outcome> {
  const { store, metrics } = deps;
  const { agent_id: agentId, reason } = request.message.payload;
  for (let attempt = 0; attempt < CONFLICTS_MAX; attempt += 1) {
    const [agent] = await store.read([agentId]);
    if (agent === undefined) return refuse(deps, request, 'AGENT_UNKNOWN', `there is no agent ${agentId}`);
    const change = leave(agent, reason, deps.serverNowMs());
    if (change === undefined) return answer(deps, request, AgentStateV1, { agent: publicRecord(agent) });
    const [written] = await store.change([{ change }], request.message.traceparent);
    if (written) {
      metrics.changes.inc({ event: 'agent.left.v1' });
      return answer(deps, request, AgentStateV1, { agent: publicRecord(change.after) });
    }
  }
  return retry({ error: `${agentId} kept changing` });
}
