import type { AgentId, MessageId } from '@nova-torch/protocol';
import { asList, asNumber, defineScript } from '@nova-torch/streams';
import { encodeReceipt } from '../domain/receipt.ts';
import type { StoreContext } from './context.ts';
import { encodeChanged } from './encode-message.ts';

/** An agent took a message at `atMs` (server ms). */
export interface Delivery {
  readonly messageId: MessageId;
  readonly agentId: AgentId;
  readonly atMs: number;
}

/** `late`: it had been found undeliverable before. */
export type DeliveryResult = 'unknown' | 'repeated' | 'noted' | 'late';

const RESULTS: readonly DeliveryResult[] = ['unknown', 'repeated', 'noted', 'late'];

const script = defineScript<DeliveryResult[]>({
  name: 'take-deliveries',
  file: new URL('./take-deliveries.lua', import.meta.url),
  parse: (reply) => asList(reply).map((code) => RESULTS[asNumber(code)] ?? 'unknown'),
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
