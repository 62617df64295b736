import type { AgentId, AgentRecord } from '@nova-torch/protocol';
import type { RateVerdict, Tracing } from '@nova-torch/service-kit';
import type { AgentView } from '../domain/agent-view.ts';
import type { CollaborationMetrics } from '../metrics.ts';
import type { MessageStore } from '../store/message-store.ts';

/** What the consumers and loops of collaboration work with. */
export interface CollaborationDeps {
  readonly store: MessageStore;
  readonly view: AgentView;
  readonly partition: number;
  /** Messages that may wait for their time. */
  readonly scheduledMax: number;
  /** The sender of answers. */
  readonly instance: string;
  readonly metrics: CollaborationMetrics;
  readonly tracing: Tracing;
  /** Takes one message of a sender; says when the next one would be taken if it sends too fast. */
  takeOne(sender: string): RateVerdict;
  /** The broker's clock, Unix ms. */
  serverNowMs(): number;
  /** Asks the registry for one agent; undefined if it knows none of that id. Rejects if it does not answer. */
  askAgent(agentId: AgentId): Promise<AgentRecord | undefined>;
  /** Tells the registry that nothing is held any more for an agent that is gone. */
  sendReleased(agentId: AgentId): Promise<void>;
}
