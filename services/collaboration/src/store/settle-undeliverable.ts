import { type AgentId, type MessageId, newMessageId } from '@nova-torch/protocol';
import { asNumber, DEAD_LETTERS_MAX, defineScript } from '@nova-torch/streams';
import { encodeReceipt } from '../domain/receipt.ts';
import type { StoreContext } from './context.ts';
import { encodeChanged, encodeDeadLetter } from './encode-message.ts';
import type { MessageHead } from './message-head.ts';

const GROUP = 'collaboration';

/** A message an agent will not take; `head` is undefined when its record has been deleted. */
export interface Undeliverable {
  readonly messageId: MessageId;
  readonly head: MessageHead | undefined;
}

/** Why it will not be taken: a short code, and a sentence. */
export interface UndeliverableReason {
  readonly code: 'agent_failed' | 'agent_left' | 'agent_unknown' | 'no_inbox' | 'inbox_full';
  readonly text: string;
}

const script = defineScript<number>({
  name: 'settle-undeliverable',
  file: new URL('./settle-undeliverable.lua', import.meta.url),
  parse: asNumber,
});

/** Settles messages one agent will not take, each with a dead letter, in one script. Returns how many were queued. */
export async function settleUndeliverable(
  context: StoreContext,
  agentId: AgentId,
  messages: readonly Undeliverable[],
  reason: UndeliverableReason,
): Promise<number> {
  if (messages.length === 0) return 0;
  const { broker, keys } = context;
  const saying = { sender: context.sender, nowMs: broker.serverNowMs() };
  const receipt = { state: 'undeliverable', at_ms: saying.nowMs, reason: reason.text } as const;
  return broker.run(script, {
    keys: [
      ...[keys.queued(agentId), keys.holders, keys.events, keys.deadLetters],
      ...messages.map(({ messageId }) => keys.receipts(messageId)),
    ],
    args: [
      ...[agentId, DEAD_LETTERS_MAX, GROUP, keys.peer],
      ...messages.flatMap(({ messageId, head }) => [
        messageId,
        encodeReceipt(receipt),
        encodeChanged(messageId, { agent_id: agentId, ...receipt }, saying),
        head === undefined
          ? ''
          : encodeDeadLetter(head, agentId, newMessageId(context.partition, saying.nowMs), saying),
        reason.code,
        `${agentId} did not take ${messageId}: ${reason.text}`,
        head?.entry_id ?? '',
      ]),
    ],
  });
}
