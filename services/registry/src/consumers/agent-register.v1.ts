import { AgentId, AgentRegisteredV1, type AgentRegisterV1, partitionOf } from '@nova-torch/protocol';
import { answer, refuse } from '@nova-torch/service-kit';
import { type Delivered, type Outcome, retry } from '@nova-torch/streams';
import { type Agent, publicRecord } from '../domain/agent.ts';
import { register } from '../domain/registration.ts';
import { CONFLICTS_MAX } from './conflicts.ts';
import type { RegistryDeps } from './deps.ts';

/** An agent registers, for the first time or again. */
export async function onAgentRegister(
  deps: RegistryDeps,
  request: Delivered<AgentRegisterV1>,
): Promise<Outcome> {
  const { store, partition, metrics } = deps;
  const { message } = request;
  const { registration } = message.payload;
  // Made from the request, so that the same request handled twice makes one agent.
  const agentId =
    registration.agent_id ??
    AgentId.parse(`agent-${partition}-${message.id.replaceAll('-', '').toLowerCase()}`);
  if (partitionOf(agentId) !== partition) {
    const detail = `${agentId} belongs to another partition than ${partition}`;
    return refuse(deps, request, 'VALIDATION', detail, 'registration/agent_id');
  }
  for (let attempt = 0; attempt < CONFLICTS_MAX; attempt += 1) {
    const [before] = await store.read([agentId]);
    const arrival = { agentId, registration, by: message.id, nowMs: deps.serverNowMs() };
    const registered = register(before, arrival);
    if (registered.kind === 'taken') {
      return refuse(deps, request, 'AGENT_ID_TAKEN', registered.detail, 'registration/agent_id');
    }
    if (registered.kind === 'repeated') return accepted(deps, request, registered.agent);
    const result = await store.register(registered.change, message.traceparent);
    if (result === 'full') {
      return refuse(deps, request, 'OVERLOADED', 'there is no room for another agent in this partition');
    }
    if (result === 'written') {
      metrics.changes.inc({ event: 'agent.joined.v1' });
      return accepted(deps, request, registered.change.after);
    }
  }
  return retry({ error: `${agentId} kept changing` });
}

function accepted(deps: RegistryDeps, request: Delivered<AgentRegisterV1>, agent: Agent): Outcome {
  return answer(deps, request, AgentRegisteredV1, {
    agent: publicRecord(agent),
    heartbeat_every_ms: deps.liveness.heartbeatMs,
    server_time_ms: deps.serverNowMs(),
  });
}
