import type { MessageId } from '@nova-torch/protocol';
import { asNumber, defineScript } from '@nova-torch/streams';
import type { StoreContext } from './context.ts';

const script = defineScript<number>({
  name: 'prune-messages',
  file: new URL('./prune-messages.lua', import.meta.url),
  parse: asNumber,
});

/** Deletes records of messages in one script; returns how many there were. */
export async function pruneMessages(
  { broker, keys }: StoreContext,
  messageIds: readonly MessageId[],
): Promise<number> {
  if (messageIds.length === 0) return 0;
  return broker.run(script, {
    keys: [keys.messages, ...messageIds.flatMap((id) => [keys.message(id), keys.receipts(id)])],
    args: [...messageIds],
  });
}
