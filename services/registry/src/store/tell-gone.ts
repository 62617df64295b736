import type { AgentId } from '@nova-torch/protocol';
import { asNumber, defineScript } from '@nova-torch/streams';
import type { StoreContext } from './context.ts';
import { encodeGone, encodeRing, type Saying } from './event-message.ts';

const script = defineScript<number>({
  name: 'tell-gone',
  file: new URL('./tell-gone.lua', import.meta.url),
  parse: asNumber,
});

/** Tells agents that they are taken for gone, through the inboxes that still exist; returns how many those were. */
export async function tellGone(
  { broker, keys }: StoreContext,
  gone: readonly { readonly agentId: AgentId; readonly reason: string }[],
  saying: Saying,
): Promise<number> {
  if (gone.length === 0) return 0;
  return broker.run(script, {
    keys: [keys.doorbell, ...gone.map(({ agentId }) => keys.inbox(agentId))],
    args: gone.flatMap(({ agentId, reason }) => [
      encodeGone(agentId, reason, saying),
      encodeRing(agentId, saying),
    ]),
  });
}
