import type { AgentId } from '@nova-torch/protocol';
import { asList, asNumber, defineScript } from '@nova-torch/streams';
import { encodeReceipt } from '../domain/receipt.ts';
import type { StoreContext } from './context.ts';
import { encodeChanged, encodePosted, encodeRing } from './encode-message.ts';
import type { StoredMessage } from './message-head.ts';

/** A recipient that was not posted to, and why: its receipt is still to be settled. */
export interface NotPosted {
  readonly agentId: AgentId;
  readonly why: 'no_inbox' | 'inbox_full' | 'expired';
}

export type PostResult =
  /** At `atMs` (server ms), to all but those in `notPosted`. */
  | { readonly kind: 'posted'; readonly atMs: number; readonly notPosted: readonly NotPosted[] }
  /** Somebody else posted a part of it in between. */
  | { readonly kind: 'conflict' };

const WHY = [undefined, 'no_inbox', 'inbox_full', 'expired'] as const;

const script = defineScript<number[] | undefined>({
  name: 'post-message',
  file: new URL('./post-message.lua', import.meta.url),
  parse: (reply) => {
    const [code, ...codes] = asList(reply).map(asNumber);
    return code === 0 ? codes : undefined;
  },
});

/** Posts a message to `agentIds`, the next of its plan, in one script; creates its record with the first of them. */
export async function postMessage(
  context: StoreContext,
  { head, total, posted, plan }: StoredMessage,
  agentIds: readonly AgentId[],
): Promise<PostResult> {
  const { broker, keys, keepMs, queuedMax } = context;
  const id = head.message_id;
  const saying = { sender: context.sender, nowMs: Math.floor(broker.serverNowMs()) };
  const receipt = { state: 'queued', at_ms: saying.nowMs } as const;
  const codes = await broker.run(script, {
    keys: [
      ...[
        keys.message(id),
        keys.receipts(id),
        keys.messages,
        keys.holders,
        keys.events,
        keys.doorbell,
        keys.expiring,
      ],
      ...agentIds.flatMap((agentId) => [keys.inbox(agentId), keys.queued(agentId)]),
    ],
    args: [
      // Head and plan are stored with the first recipients only.
      ...(posted === 0 ? [id, posted, JSON.stringify(head), JSON.stringify(plan)] : [id, posted, '', '']),
      total,
      ...[Math.floor(head.sent_at_ms), keepMs, queuedMax, agentIds.length, head.expires_at_ms ?? ''],
      ...agentIds.flatMap((agentId) => [
        agentId,
        encodeReceipt(receipt),
        encodePosted(head, agentId, saying),
        encodeRing(agentId, saying),
        encodeChanged(id, { agent_id: agentId, ...receipt }, saying),
      ]),
    ],
  });
  if (codes === undefined) return { kind: 'conflict' };
  const notPosted = agentIds.flatMap((agentId, index): NotPosted[] => {
    const why = WHY[codes[index] ?? 0];
    return why === undefined ? [] : [{ agentId, why }];
  });
  return { kind: 'posted', atMs: saying.nowMs, notPosted };
}
