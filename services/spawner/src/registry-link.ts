// The spawner's two dealings with the registry: a question and a sign, both over streams.
import {
  AgentGetV1,
  type AgentId,
  AgentSignV1,
  type Message,
  newMessage,
  type StreamKeys,
} from '@nova-torch/protocol';
import type { Broker, Producer, Requester } from '@nova-torch/streams';
import type { RegistryLink } from './loops/spawn-steps.ts';

const DETAIL_CHARS_MAX = 500;

/** Rejects with NoAnswerError when the registry does not answer, or the broker's error. */
export function createRegistryLink(deps: {
  broker: Broker;
  producer: Producer<Message>;
  requester: Requester<Message>;
  streams: StreamKeys;
  instance: string;
}): RegistryLink {
  const { broker, producer, requester, streams, instance } = deps;
  const fields = () => ({ sender: instance, target: 'registry', nowMs: broker.serverNowMs() });
  return {
    async isRegistered(agentId: AgentId) {
      const question = newMessage(AgentGetV1, { agent_id: agentId }, fields());
      const answer = await requester.request(streams.registry, question);
      if (answer.type === 'agent.state.v1') {
        const { status } = answer.payload.agent;
        return status !== 'failed' && status !== 'offline';
      }
      if (answer.type === 'request.refused.v1' && answer.payload.code === 'AGENT_UNKNOWN') return false;
      throw new Error(`the registry answered agent.get.v1 with ${answer.type}`);
    },
    async reportExited(agentId, detail) {
      const sign = { agent_id: agentId, sign: 'exited', detail: detail.slice(0, DETAIL_CHARS_MAX) } as const;
      await producer.publish(streams.registry, newMessage(AgentSignV1, sign, fields()));
    },
  };
}
