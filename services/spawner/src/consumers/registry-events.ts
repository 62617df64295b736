import type { Message, StreamKeys } from '@nova-torch/protocol';
import { asEntries, type Broker, type Feed, FIRST_ID } from '@nova-torch/streams';
import type { SpawnReconciler } from '../loops/spawn-reconciler.ts';

/** An id no entry has: with it as the start the reader first asks for a snapshot. */
const BEFORE_EVERYTHING = '0-1';

export interface RegistryEventsDeps {
  readonly broker: Broker;
  readonly streams: StreamKeys;
  readonly reconciler: SpawnReconciler;
}

/**
 * Follows the registry's feed: an agent that registers under a spawn id of ours is ready, one that left ends in order.
 * The snapshot is small: for each agent that is still starting here, whether the registry knows it already.
 */
export function registryEventsFeed({ broker, streams, reconciler }: RegistryEventsDeps): Feed<Message> {
  return {
    key: streams.registryEvents,
    from: BEFORE_EVERYTHING,
    onMessages(messages) {
      for (const { message } of messages) {
        if (message.type === 'agent.left.v1') reconciler.left(message.payload.agent_id);
        if (message.type !== 'agent.joined.v1') continue;
        const { spawn_id } = message.payload.agent;
        if (spawn_id !== undefined) reconciler.joined(spawn_id);
      }
    },
    async onGap() {
      const last = asEntries(await broker.call('XREVRANGE', streams.registryEvents, '+', '-', 'COUNT', 1))[0];
      await reconciler.askAboutStarting();
      return last?.id ?? FIRST_ID;
    },
  };
}
