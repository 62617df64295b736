import type { Message } from '@nova-torch/protocol';
import { withMessageSpan } from '@nova-torch/service-kit';
import { type Delivered, deadLetter, type Outcome } from '@nova-torch/streams';
import type { CollaborationDeps } from './deps.ts';
import { onMessagesDelivered } from './message-delivered.v1.ts';
import { onMessageGet } from './message-get.v1.ts';
import { onMessageSend } from './message-send.v1.ts';
import { persistently } from './persistently.ts';

type MessageFor<T extends Message['type']> = Delivered<Extract<Message, { type: T }>>;

/**
 * A batch of what is sent to collaboration, strictly in its order: a message is in every inbox before the next one is
 * looked at. Only a run of deliveries is taken at once.
 */
export async function onPeerMessages(
  deps: CollaborationDeps,
  messages: readonly Delivered<Message>[],
  signal: AbortSignal,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  while (outcomes.length < messages.length) {
    const rest = messages.slice(outcomes.length);
    const run = rest.findIndex(({ message }) => message.type !== 'message.delivered.v1');
    const deliveries = run === -1 ? rest : rest.slice(0, run);
    const [next] = rest;
    if (deliveries.length > 0) {
      const taken = deliveries as MessageFor<'message.delivered.v1'>[];
      outcomes.push(...(await persistently(signal, () => onMessagesDelivered(deps, taken))));
    } else if (next !== undefined) {
      const handle = (): Promise<Outcome> => persistently(signal, () => onMessage(deps, next));
      outcomes.push(await withMessageSpan(deps.tracing, next.message, next.message.type, handle));
    }
  }
  return outcomes;
}

async function onMessage(deps: CollaborationDeps, delivered: Delivered<Message>): Promise<Outcome> {
  const { type } = delivered.message;
  switch (type) {
    case 'message.send.v1':
      return onMessageSend(deps, delivered as MessageFor<typeof type>);
    case 'message.get.v1':
      return onMessageGet(deps, delivered as MessageFor<typeof type>);
    default:
      return deadLetter('unexpected', `${type} does not belong on this stream`);
  }
}
