import type { Message, SpawnId, StreamKeys } from '@nova-torch/protocol';
import { asEntries, type Broker, type Feed, FIRST_ID } from '@nova-torch/streams';
import type { SpawnReconciler } from '../loops/spawn-reconciler.ts';

/** An id no entry has: with it as the start the reader first asks for a snapshot. */
const BEFORE_EVERYTHING = '0-1';

export interface JoinedFeedDeps {
  readonly broker: Broker;
  readonly streams: StreamKeys;
  readonly reconciler: SpawnReconciler;
}

/**
 * Follows the registry's feed: an agent that registers under a spawn id of ours is ready. The snapshot is small: for
 * each agent that is still starting here, whether the registry knows it already.
 */
export function joinedFeed({ broker, streams, reconciler }: JoinedFeedDeps): Feed<Message> {
  return {
    key: streams.registryEvents,
    from: BEFORE_EVERYTHING,
    onMessages(messages) {
      for (const { message } of messages) {
        const spawnId: SpawnId | undefined =
          message.type === 'agent.joined.v1' ? message.payload.agent.spawn_id : undefined;
        if (spawnId !== undefined) reconciler.joined(spawnId);
      }
    },
    async onGap() {
      const last = asEntries(await broker.call('XREVRANGE', streams.registryEvents, '+', '-', 'COUNT', 1))[0];
      await reconciler.askAboutStarting();
      return last?.id ?? FIRST_ID;
    },
  };
}
