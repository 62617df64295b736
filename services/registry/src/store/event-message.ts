import {
  AgentFailedV1,
  AgentGoneV1,
  type AgentId,
  AgentJoinedV1,
  AgentLeftV1,
  AgentReapedV1,
  AgentSuspectV1,
  AgentUpdatedV1,
  codec,
  type EnvelopeFields,
  InboxRangV1,
  newMessage,
} from '@nova-torch/protocol';
import { type AgentChange, publicRecord } from '../domain/agent.ts';

/** Who says it, when (server ms), and in which trace. */
export interface Saying {
  readonly sender: string;
  readonly nowMs: number;
  readonly traceparent?: string | undefined;
}

const FEED_TARGET = 'registry.events';

const fieldsOf = (saying: Saying, target: string): EnvelopeFields => ({ ...saying, target });

/** The feed's message for a change, encoded; '' if the change is nobody's business. */
export function encodeEvent({ after, event }: AgentChange, saying: Saying): string {
  if (event === undefined) return '';
  const fields = fieldsOf(saying, FEED_TARGET);
  const { agent_id, version } = after.record;
  const head = { agent_id, version, at_ms: saying.nowMs };
  switch (event.type) {
    case 'agent.joined.v1':
      return codec.encode(newMessage(AgentJoinedV1, { agent: publicRecord(after) }, fields));
    case 'agent.updated.v1':
      return codec.encode(newMessage(AgentUpdatedV1, { agent: publicRecord(after) }, fields));
    case 'agent.suspect.v1':
      return codec.encode(newMessage(AgentSuspectV1, { ...head, reason: event.reason }, fields));
    case 'agent.left.v1':
      return codec.encode(newMessage(AgentLeftV1, { ...head, reason: event.reason }, fields));
    case 'agent.failed.v1': {
      const { reason, certain } = event;
      return codec.encode(newMessage(AgentFailedV1, { ...head, reason, certain }, fields));
    }
  }
}

/** The feed's message for an agent whose inbox and record are deleted, encoded. */
export const encodeReaped = (agentId: AgentId, saying: Saying): string =>
  codec.encode(
    newMessage(AgentReapedV1, { agent_id: agentId, at_ms: saying.nowMs }, fieldsOf(saying, FEED_TARGET)),
  );

/** What an agent that is gone finds in its inbox, encoded. */
export const encodeGone = (agentId: AgentId, reason: string, saying: Saying): string =>
  codec.encode(newMessage(AgentGoneV1, { agent_id: agentId, reason }, fieldsOf(saying, agentId)));

/** The ring of an inbox, encoded. */
export const encodeRing = (agentId: AgentId, saying: Saying): string =>
  codec.encode(newMessage(InboxRangV1, { agent_id: agentId }, fieldsOf(saying, 'agents.doorbell')));
