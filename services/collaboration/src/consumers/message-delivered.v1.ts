import type { MessageDeliveredV1 } from '@nova-torch/protocol';
import { ack, type Delivered, type Outcome } from '@nova-torch/streams';
import type { CollaborationDeps } from './deps.ts';

const METRIC_OF = { unknown: 'unknown', repeated: 'repeated', noted: 'delivered', late: 'late' } as const;

const entryMs = (entryId: string): number => Number(entryId.split('-')[0]);

/** A run of deliveries: one script. One that is not known, or known already, changes nothing. */
export async function onMessagesDelivered(
  { store, metrics }: CollaborationDeps,
  messages: readonly Delivered<MessageDeliveredV1>[],
): Promise<Outcome[]> {
  const results = await store.deliver(
    messages.map(({ message, entryId }) => ({
      messageId: message.payload.message_id,
      agentId: message.payload.agent_id,
      // Written by the script that took the message out of the inbox.
      atMs: entryMs(entryId),
    })),
  );
  for (const [i, { kind, queuedMs }] of results.entries()) {
    metrics.receipts.inc({ outcome: METRIC_OF[kind] });
    const delayMs = queuedMs === undefined ? undefined : entryMs(messages[i]?.entryId ?? '') - queuedMs;
    if (delayMs !== undefined) metrics.deliveryDelay.observe(Math.max(0, delayMs) / 1000);
  }
  return messages.map(() => ack());
}
