import type { Message } from '@nova-torch/protocol';
import { createService, type Service } from '@nova-torch/service-kit';
import { asEntries, asNumber, createFeedReader, type Feed, FIRST_ID } from '@nova-torch/streams';
import { AgentSearch } from '../loops/agent-search.ts';
import { createWakeableLoop } from '../loops/wakeable-loop.ts';
import { WantedAgents } from '../store/wanted-agents.ts';
import type { Autonomy } from './autonomy.ts';
import type { ActiveDeps } from './deps.ts';
import type { SessionOptions } from './session.ts';

/** The search for agents on the active router: its loop, and the feed it hears the spawner by. */
export interface AgentSearchPart {
  readonly search: AgentSearch;
  /** Somebody may be wanted now. */
  wake(): void;
  readonly parts: readonly (readonly [string, Service])[];
}

/** What is due without anything having happened is found after this long, ms. */
const LOOK_AGAIN_MS = 1_000;

export function createAgentSearch(
  options: SessionOptions,
  deps: ActiveDeps,
  autonomy: Autonomy,
): AgentSearchPart {
  const { base, keys, view } = options;
  const { broker, env, logger, requester, streams, instance } = base;
  const search: AgentSearch = new AgentSearch({
    deps,
    store: new WantedAgents(broker, keys),
    requester,
    spawningStream: streams.agentsSpawning,
    instance,
    backlog: async () => asNumber(await broker.call('XLEN', streams.agentsSpawning)),
    periods: {
      afterMs: env.NOVA_DEMAND_AFTER_MS,
      answerMs: env.NOVA_DEMAND_ANSWER_MS,
      readyMs: env.NOVA_DEMAND_READY_MS,
      knownMs: env.NOVA_DEMAND_KNOWN_MS,
      backoffMs: env.NOVA_DEMAND_BACKOFF_MS,
      backoffMaxMs: env.NOVA_DEMAND_BACKOFF_MAX_MS,
    },
    openMax: env.NOVA_DEMAND_OPEN_MAX,
    busyMs: env.NOVA_DEMAND_BUSY_MS,
    fleetKnown: () => view.loaded,
    wake: () => loop.wake(),
  });
  const loop = createWakeableLoop({
    ...{ name: 'agent-search', logger, nowMs: deps.nowMs, pauseMaxMs: LOOK_AGAIN_MS },
    run: () => {
      if (view.loaded) autonomy.look();
      return search.runOnce();
    },
  });
  const parts = [
    ['loop agent-search', loop],
    ['feed agents.scaling', followSpawns(options, search)],
  ] as const;
  return { search, wake: () => loop.wake(), parts };
}

/** Tells the search what becomes of spawns. It asks itself about those it missed, so the feed is followed from now on. */
function followSpawns({ base }: SessionOptions, search: AgentSearch): Service {
  const { broker, codec, logger, streams } = base;
  const latest = async (): Promise<string> =>
    asEntries(await broker.call('XREVRANGE', streams.agentsScaling, '+', '-', 'COUNT', 1))[0]?.id ?? FIRST_ID;
  const feed = (from: string): Feed<Message> => ({
    key: streams.agentsScaling,
    from,
    onMessages(messages) {
      for (const { message } of messages) {
        if (message.type === 'spawn.changed.v1') search.onSpawn(message.payload.spawn);
      }
    },
    async onGap() {
      const id = await latest();
      search.onMissed();
      return id;
    },
  });
  let reader: Service | undefined;
  return createService({
    name: 'feed agents.scaling',
    async start() {
      reader = createFeedReader({ broker, codec, logger, feeds: [feed(await latest())] });
      await reader.start();
    },
    stop: () => reader?.stop(),
  });
}
