import type { Message } from '@nova-torch/protocol';
import { type Delivered, deadLetter, type Outcome } from '@nova-torch/streams';
import type { CollaborationDeps } from './deps.ts';
import { onMessagesDelivered } from './message-delivered.v1.ts';
import { onMessageGet } from './message-get.v1.ts';
import { onMessagesSend } from './message-send.v1.ts';
import { persistently } from './persistently.ts';

type MessageFor<T extends Message['type']> = Delivered<Extract<Message, { type: T }>>;

/**
 * A batch of what is sent to collaboration, strictly in its order, in runs of one type each: a message is in every
 * inbox before a later one, and before a question about it is answered.
 */
export async function onPeerMessages(
  deps: CollaborationDeps,
  messages: readonly Delivered<Message>[],
  signal: AbortSignal,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const run of runsOf(messages)) {
    outcomes.push(...(await persistently(signal, () => onRun(deps, run))));
  }
  return outcomes;
}

function runsOf(messages: readonly Delivered<Message>[]): Delivered<Message>[][] {
  const runs: Delivered<Message>[][] = [];
  for (const delivered of messages) {
    const run = runs.at(-1);
    if (run?.[0]?.message.type === delivered.message.type) run.push(delivered);
    else runs.push([delivered]);
  }
  return runs;
}

async function onRun(deps: CollaborationDeps, run: readonly Delivered<Message>[]): Promise<Outcome[]> {
  const type = run[0]?.message.type;
  switch (type) {
    case 'message.send.v1':
      return onMessagesSend(deps, run as readonly MessageFor<typeof type>[]);
    case 'message.delivered.v1':
      return onMessagesDelivered(deps, run as readonly MessageFor<typeof type>[]);
    case 'message.get.v1':
      return Promise.all((run as readonly MessageFor<typeof type>[]).map((one) => onMessageGet(deps, one)));
    default:
      return run.map(() => deadLetter('unexpected', `${type} does not belong on this stream`));
  }
}
