// Reads the inbox and hands each entry to who deals with it, until the agent ends or is not known any more.
import { hasExpired, type Message } from '@nova-torch/protocol';
import type { AgentLogger } from './logger.ts';
import { type BackoffPolicy, backoffMs, pause } from './pause.ts';
import {
  AgentGoneError,
  type AgentTransport,
  type InboxEntry,
  type PullRequest,
} from './transport/agent-transport.ts';

/** Entries read beyond the free slots, so that stops and messages reach a busy agent. */
const CONTROL_ROOM = 16;
const COUNT_MAX = 256;
const WAIT_MS = 20_000;
/** Reconnects come within 200 ms (I9); a gateway that stays away is asked less and less often. */
const RETRY: BackoffPolicy = { firstMs: 100, maxMs: 2_000 };

export interface InboxLoopOptions {
  readonly transport: Pick<AgentTransport, 'pull'>;
  readonly agentId: PullRequest['agentId'];
  /** Slots that assignments could fill now. */
  readonly freeSlots: () => number;
  /** Resolves when messages may be taken. */
  readonly room: () => Promise<void>;
  readonly onMessage: (message: Message, entryId: string) => void;
  /** Its time was over: it is not handed out. */
  readonly onExpired: (message: Message, entryId: string) => void;
  /** The broker's clock, Unix ms. */
  readonly nowMs: () => number;
  readonly onInvalid: (entryId: string, error: string) => void;
  readonly signal: AbortSignal;
  readonly logger: AgentLogger;
}

/** Resolves when the signal is aborted, or with the error that says that the agent is gone. */
export async function readInbox(options: InboxLoopOptions): Promise<AgentGoneError | undefined> {
  const { transport, agentId, signal, logger } = options;
  let failures = 0;
  while (!signal.aborted) {
    await options.room();
    if (signal.aborted) break;
    let entries: InboxEntry[];
    try {
      const max = Math.min(COUNT_MAX, options.freeSlots() + CONTROL_ROOM);
      entries = await transport.pull({ agentId, max, waitMs: WAIT_MS }, signal);
      failures = 0;
    } catch (error) {
      if (error instanceof AgentGoneError) return error;
      failures += 1;
      logger.warn({ agent_id: agentId, failures, err: error }, 'the inbox cannot be read now');
      await pause(backoffMs(failures, RETRY), signal);
      continue;
    }
    for (const entry of entries) {
      if (!('message' in entry)) options.onInvalid(entry.entryId, entry.invalid);
      else if (hasExpired(entry.message, options.nowMs())) options.onExpired(entry.message, entry.entryId);
      else options.onMessage(entry.message, entry.entryId);
    }
  }
  return undefined;
}
