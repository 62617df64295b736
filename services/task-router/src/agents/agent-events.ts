import { type Message, mayTakeTasks } from '@nova-torch/protocol';
import type { AgentIndex } from '../domain/agent-index.ts';
import type { FleetListener } from './agent-view.ts';

/** Takes one event of the registry's feed over into the index; old events change nothing. */
export function takeAgentEvent(
  message: Message,
  agents: AgentIndex,
  listener: FleetListener | undefined,
): void {
  switch (message.type) {
    case 'agent.joined.v1':
    case 'agent.updated.v1': {
      const { agent } = message.payload;
      if (!agents.put(agent)) return;
      if (mayTakeTasks(agent.status)) listener?.changed(agent.agent_id);
      else if (agent.status === 'failed' || agent.status === 'offline') {
        listener?.gone(agent.agent_id, agent.status === 'offline');
      }
      return;
    }
    case 'agent.suspect.v1':
      agents.setStatus(message.payload.agent_id, 'suspect', message.payload.version);
      return;
    case 'agent.failed.v1': {
      const { agent_id: agentId, version, certain } = message.payload;
      const news = agents.setStatus(agentId, 'failed', version);
      // What the snapshot said already is no news, but it did not say whether the end was seen.
      if (news || agents.get(agentId)?.record.status === 'failed') listener?.gone(agentId, certain);
      return;
    }
    case 'agent.left.v1': {
      const { agent_id: agentId, version } = message.payload;
      const news = agents.setStatus(agentId, 'offline', version);
      if (news || agents.get(agentId)?.record.status === 'offline') listener?.gone(agentId, true);
      return;
    }
    case 'agent.reaped.v1':
      agents.remove(message.payload.agent_id);
      listener?.reaped(message.payload.agent_id);
      return;
    default:
      return;
  }
}
