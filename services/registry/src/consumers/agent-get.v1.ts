import { type AgentGetV1, AgentStateV1 } from '@nova-torch/protocol';
import { answer, refuse } from '@nova-torch/service-kit';
import type { Delivered, Outcome } from '@nova-torch/streams';
import { publicRecord } from '../domain/agent.ts';
import type { RegistryDeps } from './deps.ts';

/** Somebody asks for one agent. */
export async function onAgentGet(deps: RegistryDeps, request: Delivered<AgentGetV1>): Promise<Outcome> {
  const { agent_id: agentId } = request.message.payload;
  const [agent] = await deps.store.read([agentId]);
  return agent === undefined
    ? refuse(deps, request, 'AGENT_UNKNOWN', `there is no agent ${agentId}`)
    : answer(deps, request, AgentStateV1, { agent: publicRecord(agent) });
}
