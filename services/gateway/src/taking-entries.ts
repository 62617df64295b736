// Acknowledging inbox entries for agents that speak HTTP. What follows from taking an entry goes out in the script that
// acknowledges it: the receipt of a message, the report that settles an assignment (invariants I4 and I10).
import {
  type AgentId,
  INBOX_GROUP,
  type Message,
  MessageDeliveredV1,
  newMessage,
} from '@nova-torch/protocol';
import { currentTraceparent } from '@nova-torch/service-kit';
import {
  asEntries,
  type Broker,
  codeOf,
  type Settlement,
  type StreamEntry,
  settleBatch,
} from '@nova-torch/streams';
import type { GatewayDeps } from './deps.ts';

type TakeDeps = Pick<GatewayDeps, 'broker' | 'codec' | 'streams' | 'door'>;

/** Acknowledges entries of an agent's inbox; those in `expired` the agent did not take. Returns how many were pending; the others had been taken before. */
export async function takeEntries(
  deps: TakeDeps,
  agentId: AgentId,
  entryIds: readonly string[],
  expired: ReadonlySet<string> = new Set(),
): Promise<number> {
  const { broker, codec, streams } = deps;
  const inbox = streams.agentInbox(agentId);
  const entries = await readEntries(deps, inbox, entryIds);
  const settlements = entryIds.map((entryId, index): Settlement => {
    const receipt = expired.has(entryId) ? undefined : receiptOf(deps, agentId, entries[index]);
    const publish =
      receipt === undefined
        ? []
        : [{ stream: streams.collaborationPeer, json: codec.encode(receipt), onlyIfExists: false }];
    return { stream: inbox, entryId, step: { kind: 'ack', publish } };
  });
  const settled = await settle(broker, agentId, settlements);
  deps.door.acknowledged(agentId, entryIds);
  return settled;
}

/** Returns how many were pending: none when the inbox is gone, which its agent learns from its next pull. */
async function settle(broker: Broker, agentId: AgentId, settlements: Settlement[]): Promise<number> {
  try {
    return (await settleBatch(broker, { group: INBOX_GROUP, consumer: agentId, settlements })).settled;
  } catch (error) {
    if (codeOf(error) !== 'NOGROUP') throw error;
    return 0;
  }
}

/**
 * Puts a report on its stream, in the script that acknowledges the entries it settles. A report whose entries had been
 * taken before, or whose inbox is gone, is sent all the same: its epoch and lease decide whether it counts.
 */
export async function takeWithReport(
  deps: TakeDeps,
  agentId: AgentId,
  entryIds: readonly string[],
  send: { message(): Message; plainly(): Promise<void> },
): Promise<void> {
  const [first, ...rest] = entryIds;
  if (first === undefined) return send.plainly();
  const inbox = deps.streams.agentInbox(agentId);
  const report = {
    stream: deps.streams.tasksReports,
    json: deps.codec.encode(send.message()),
    onlyIfExists: false,
  };
  const settlements: Settlement[] = [
    { stream: inbox, entryId: first, step: { kind: 'ack', publish: [report] } },
    ...rest.map((entryId): Settlement => ({ stream: inbox, entryId, step: { kind: 'ack', publish: [] } })),
  ];
  const settled = await settle(deps.broker, agentId, settlements);
  deps.door.acknowledged(agentId, entryIds);
  if (settled < entryIds.length) await send.plainly();
}

/** Acknowledges an entry nobody is given any more. A message's record keeps that it expired; anything else is put aside. */
export async function dropExpired(
  deps: Pick<GatewayDeps, 'broker' | 'streams'>,
  agentId: AgentId,
  entry: StreamEntry,
  message: Message,
): Promise<void> {
  if (message.type !== 'message.posted.v1') {
    const error = `expired at ${new Date((message.expires_at ?? 0) * 1000).toISOString()}`;
    return putAside(deps, agentId, entry, error, 'expired');
  }
  const inbox = deps.streams.agentInbox(agentId);
  await deps.broker.call('XACK', inbox, INBOX_GROUP, entry.id);
}

/** Puts an entry aside, one that does not decode say, with the reason, and acknowledges it. */
export async function putAside(
  { broker, streams }: Pick<GatewayDeps, 'broker' | 'streams'>,
  agentId: AgentId,
  entry: StreamEntry,
  error: string,
  reason: 'invalid' | 'expired' = 'invalid',
): Promise<void> {
  const step = {
    kind: 'dead_letter',
    json: entry.fields.m ?? '',
    history: '[]',
    reason,
    error,
  } as const;
  await settle(broker, agentId, [{ stream: streams.agentInbox(agentId), entryId: entry.id, step }]);
}

async function readEntries(
  { broker }: TakeDeps,
  inbox: string,
  entryIds: readonly string[],
): Promise<(StreamEntry | undefined)[]> {
  const replies = await broker.batch(entryIds.map((id) => ['XRANGE', inbox, id, id] as const));
  return replies.map((reply) => asEntries(reply)[0]);
}

function receiptOf(
  { broker, codec }: TakeDeps,
  agentId: AgentId,
  entry: StreamEntry | undefined,
): Message | undefined {
  const decoded = codec.decode(entry?.fields.m ?? '');
  if (!decoded.ok || decoded.message.type !== 'message.posted.v1') return undefined;
  const nowMs = broker.serverNowMs();
  const { message_id } = decoded.message.payload;
  return newMessage(
    MessageDeliveredV1,
    { message_id, agent_id: agentId, at_ms: nowMs },
    {
      sender: agentId,
      target: 'collaboration',
      nowMs,
      causation_id: decoded.message.id,
      traceparent: decoded.message.traceparent ?? currentTraceparent(),
    },
  );
}
