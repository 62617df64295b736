import { AgentId, MessageId } from '@nova-torch/protocol';
import { asNumber, asStrings, defineScript } from '@nova-torch/streams';
import { encodeReceipt } from '../domain/receipt.ts';
import type { StoreContext } from './context.ts';
import { encodeChanged } from './encode-message.ts';

/** A message that waits for an agent, and expires. */
export interface Expiring {
  readonly messageId: MessageId;
  readonly agentId: AgentId;
}

const script = defineScript<number>({
  name: 'expire-messages',
  file: new URL('./expire-messages.lua', import.meta.url),
  parse: asNumber,
});

/** Messages whose time is over and that are not settled yet, the first to expire first; at most `limit`. */
export async function readExpired({ broker, keys }: StoreContext, limit: number): Promise<Expiring[]> {
  const nowMs = Math.floor(broker.serverNowMs());
  const members = await broker.call('ZRANGEBYSCORE', keys.expiring, '-inf', nowMs, 'LIMIT', 0, limit);
  return asStrings(members).map((member) => {
    const [messageId, agentId] = member.split('|');
    return { messageId: MessageId.parse(messageId), agentId: AgentId.parse(agentId) };
  });
}

/** Settles messages as expired in one script; returns how many were queued. Their records keep it. */
export async function expireMessages(
  { broker, keys, sender }: StoreContext,
  expiring: readonly Expiring[],
): Promise<number> {
  if (expiring.length === 0) return 0;
  const saying = { sender, nowMs: Math.floor(broker.serverNowMs()) };
  const receipt = { state: 'expired', at_ms: saying.nowMs } as const;
  return broker.run(script, {
    keys: [
      ...[keys.expiring, keys.holders, keys.events],
      ...expiring.flatMap(({ messageId, agentId }) => [keys.receipts(messageId), keys.queued(agentId)]),
    ],
    args: expiring.flatMap(({ messageId, agentId }) => [
      ...[messageId, agentId, encodeReceipt(receipt)],
      encodeChanged(messageId, { agent_id: agentId, ...receipt }, saying),
    ]),
  });
}
