import { asEntries, asStreamEntries, type Broker } from '@nova-torch/streams';

const BLOCK_MS = 1_000;
const COUNT = 1_000;

export interface FollowedFeed {
  /** Rejects when the feed could not be read on; never resolves. */
  readonly broken: Promise<never>;
  stop(): Promise<void>;
}

/**
 * Calls `onJson` for every entry of a feed after the entry `from`, as text: what is not needed is not decoded. `$` stands for
 * the last entry at the time of the call: whatever this broker connection writes later is seen.
 */
export function followFeed(
  broker: Broker,
  key: string,
  from: string,
  onJson: (json: string) => void,
): FollowedFeed {
  const reader = broker.openReader(`bench ${key}`);
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => undefined);
  let stopping = false;
  // Asked for once: an XREAD from `$` that ends empty begins anew behind what came between two of them.
  const begin = from === '$' ? lastIdOf(broker, key) : Promise.resolve(from);
  const follow = async () => {
    for (let last = await begin; !stopping; ) {
      const reply = await reader.read(
        'XREAD',
        ['COUNT', COUNT, 'BLOCK', BLOCK_MS, 'STREAMS', key, last],
        BLOCK_MS,
      );
      for (const { id, fields } of asStreamEntries(reply)[0]?.entries ?? []) {
        last = id;
        onJson(fields.m ?? '');
      }
    }
  };
  const loop = follow().catch((cause: unknown) => {
    if (!stopping) broken.reject(new Error(`the feed ${key} could not be read`, { cause }));
  });
  return {
    broken: broken.promise,
    async stop() {
      stopping = true;
      await reader.close();
      await loop;
    },
  };
}

async function lastIdOf(broker: Broker, key: string): Promise<string> {
  return asEntries(await broker.call('XREVRANGE', key, '+', '-', 'COUNT', 1))[0]?.id ?? '0-0';
}
