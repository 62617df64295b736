// How an agent reaches the platform. Two implementations: streams-transport.ts (a trusted host that holds the broker's
// URL) and gateway-transport.ts (HTTP with a token). What both must do is the suite in conformance/, run against each.
import type {
  AgentAddress,
  AgentId,
  AgentRecord,
  AgentRegistrationInput,
  Message,
  MessageDeliveredV1,
  MessageId,
  MessageRecord,
  TaskAssignedV1,
} from '@nova-torch/protocol';
import type { Report } from '../domain/reports.ts';
import type { AgentLogger } from '../logger.ts';

/** An entry of the agent's inbox: a message, or why it is none. */
export type InboxEntry =
  | { readonly entryId: string; readonly message: Message }
  | { readonly entryId: string; readonly invalid: string };

/** Something to be stored, and the inbox entries whose effect is stored with it (invariant I4). */
export interface Settlement {
  /** The agent whose inbox the entries are in, and for which the report speaks. */
  readonly agentId: AgentId;
  readonly entryIds: readonly string[];
  readonly report?: Report;
  /** With a report: until when its assignment could start without asking (the broker's clock, Unix ms). */
  readonly leaseUntilMs?: number;
  readonly delivered?: MessageDeliveredV1;
  /** Why the entries are put aside as dead letters. */
  readonly deadLetter?: string;
  /** Their time was over before they were taken: nobody took them. */
  readonly expired?: boolean;
}

/**
 * What became of a settlement. `stored`: for good. `stale`: the assignment is no longer this agent's. `refused`: never
 * acceptable as it is, `detail` says why. In these three its entries are acknowledged. `later`: could not be delivered
 * now; nothing of the same assignment after it was sent, and its entries are not acknowledged.
 */
export type Settled =
  | { readonly kind: 'stored' }
  | { readonly kind: 'stale' }
  | { readonly kind: 'refused'; readonly detail: string }
  | { readonly kind: 'later'; readonly detail: string };

export interface Registered {
  readonly agent: AgentRecord;
  readonly heartbeatEveryMs: number;
}

export interface Heartbeat {
  readonly agentId: AgentId;
  readonly currentTasks: readonly TaskAssignedV1['payload']['task_id'][];
  readonly draining: boolean;
}

export interface PullRequest {
  readonly agentId: AgentId;
  /** At most so many entries. */
  readonly max: number;
  /** How long to wait for the first one, in ms; implementations may return earlier with none. */
  readonly waitMs: number;
}

export interface Claim {
  readonly granted: boolean;
  /** Asking was also the report of the start (gateway): no report.started.v1 is due. */
  readonly started: boolean;
  readonly reason: string;
}

export interface OutgoingMessage {
  readonly messageId: MessageId;
  readonly from: AgentId;
  readonly to: AgentAddress;
  readonly body: unknown;
}

/** What the command an agent runs may know to reach the platform by itself. */
export interface CommandAccess {
  readonly apiUrl: string | undefined;
  readonly token: string | undefined;
}

/**
 * One agent's way to the platform. Every call settles within its own deadline (invariant I9) and rejects with
 * - TransportUnavailableError: the platform is away or did not answer; the effect is unknown, repeating is safe,
 * - AgentGoneError: the agent is not known (any more); it has to register again,
 * - NovaError: refused for good, with the code of the error table.
 */
export interface AgentTransport {
  readonly kind: 'streams' | 'gateway';
  /** The id the agent must have, when the credentials say so. */
  readonly agentId: AgentId | undefined;
  /** Secrets that must never reach a command. */
  readonly secrets: readonly string[];
  /** Registers the agent under the id given, or renews its registration. Repeating is safe. */
  register(registration: AgentRegistrationInput & { agent_id: AgentId }): Promise<Registered>;
  /** Says that the agent leaves and holds nothing any more. */
  deregister(agentId: AgentId, reason: string): Promise<void>;
  heartbeat(beat: Heartbeat): Promise<void>;
  /**
   * The next entries of the inbox, at least once each: after a start or a lost connection entries that were handed out
   * and are not acknowledged are handed out again. Ends early with none when the signal is aborted.
   */
  pull(request: PullRequest, signal: AbortSignal): Promise<InboxEntry[]>;
  /** Stores reports, receipts and acknowledgements in order; one answer for each. Sending one twice is harmless. */
  settle(settlements: readonly Settlement[]): Promise<Settled[]>;
  /** Asks whether an assignment older than its lease may still start. */
  claim(assigned: TaskAssignedV1): Promise<Claim>;
  /** Sends a message to other agents. The same messageId again sends nothing. */
  send(message: OutgoingMessage): Promise<MessageRecord>;
  access(agentId: AgentId): CommandAccess;
  /** The broker's clock, Unix ms. Never behind by more than the network's delay. */
  serverNowMs(): number;
  /** Called each time the platform is reachable again after it was away. Returns how to end that. */
  onBack(listener: () => void): () => void;
  /** Lets go of every connection. Idempotent. */
  close(): Promise<void>;
}

export interface TransportContext {
  readonly logger: AgentLogger;
}

/** Makes the transport of one agent; it must not connect before its first call. */
export type Connect = (context: TransportContext) => AgentTransport;

/** The platform is away or did not answer in time. Whether the call took effect is unknown; repeating is safe. */
export class TransportUnavailableError extends Error {
  override readonly name = 'TransportUnavailableError';
}

/** The platform does not know this agent (any more). */
export class AgentGoneError extends Error {
  override readonly name = 'AgentGoneError';
}
