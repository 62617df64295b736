import { announceDelayed, asNumber, defineScript } from '@nova-torch/streams';
import type { StoreContext } from './context.ts';
import { encodeDue } from './encode-message.ts';
import type { MessageHead } from './message-head.ts';

export type Scheduled = 'scheduled' | 'repeated' | 'too_many';

const script = defineScript<Scheduled>({
  name: 'schedule-message',
  file: new URL('./schedule-message.lua', import.meta.url),
  parse: (reply) => (['too_many', 'repeated', 'scheduled'] as const)[asNumber(reply) + 1] ?? 'repeated',
});

/** Keeps a message until its `deliver_at_ms`, in one script, unless `limit` wait already. */
export async function scheduleMessage(
  { broker, keys, keepMs }: StoreContext,
  head: MessageHead,
  limit: number,
): Promise<Scheduled> {
  const nowMs = Math.floor(broker.serverNowMs());
  const dueMs = head.deliver_at_ms ?? nowMs;
  const scheduled = await broker.run(script, {
    keys: [keys.message(head.message_id), keys.messages, keys.delayed, keys.delayedBodies],
    args: [
      ...[head.message_id, JSON.stringify(head), encodeDue(head, nowMs)],
      ...[dueMs, Math.max(0, dueMs - nowMs) + keepMs, limit],
    ],
  });
  if (scheduled === 'scheduled') announceDelayed(broker, keys.peer, dueMs);
  return scheduled;
}
