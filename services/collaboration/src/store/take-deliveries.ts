import type { AgentId, MessageId } from '@nova-torch/protocol';
import { asList, asNumber, asString, defineScript } from '@nova-torch/streams';
import { encodeReceipt, receiptMs } from '../domain/receipt.ts';
import type { StoreContext } from './context.ts';
import { encodeChanged } from './encode-message.ts';

/** An agent took a message at `atMs` (server ms). */
export interface Delivery {
  readonly messageId: MessageId;
  readonly agentId: AgentId;
  readonly atMs: number;
}

/** What became of it: `late` if it had been found undeliverable before; and since when (server ms) it lay in the inbox. */
export interface DeliveryResult {
  readonly kind: 'unknown' | 'repeated' | 'noted' | 'late';
  readonly queuedMs: number | undefined;
}

const KINDS: readonly DeliveryResult['kind'][] = ['unknown', 'repeated', 'noted', 'late'];

const script = defineScript<DeliveryResult[]>({
  name: 'take-deliveries',
  file: new URL('./take-deliveries.lua', import.meta.url),
  parse: (reply) => {
    const flat = asList(reply);
    return Array.from({ length: flat.length / 2 }, (_, i) => {
      const kind = KINDS[asNumber(flat[2 * i])] ?? 'unknown';
      return { kind, queuedMs: kind === 'noted' ? receiptMs(asString(flat[2 * i + 1])) : undefined };
    });
  },
});

/** Notes that agents took messages, in one script. */
export async function takeDeliveries(
  { broker, keys, sender }: StoreContext,
  deliveries: readonly Delivery[],
): Promise<DeliveryResult[]> {
  if (deliveries.length === 0) return [];
  const saying = { sender, nowMs: broker.serverNowMs() };
  return broker.run(script, {
    keys: [
      ...[keys.holders, keys.events],
      ...deliveries.flatMap(({ messageId, agentId }) => [keys.receipts(messageId), keys.queued(agentId)]),
    ],
    args: deliveries.flatMap(({ messageId, agentId, atMs }) => {
      const receipt = { state: 'delivered', at_ms: atMs } as const;
      const event = encodeChanged(messageId, { agent_id: agentId, ...receipt }, saying);
      return [messageId, agentId, encodeReceipt(receipt), event];
    }),
  });
}
