import type { Message, MessageType } from '@nova-torch/protocol';
import {
  type AssembledService,
  assembleService,
  createService,
  createTicker,
  type RunCounts,
  type Service,
  type ServiceBase,
  streamUpkeep,
  withMessageSpan,
} from '@nova-torch/service-kit';
import { createConsumer, createFeedReader, type Handler, type Outcome } from '@nova-torch/streams';
import { onAgentSpawn } from './consumers/agent-spawn.v1.ts';
import { onAgentTerminate } from './consumers/agent-terminate.v1.ts';
import type { DeliveredOf, SpawnerDeps } from './consumers/deps.ts';
import { registryEventsFeed } from './consumers/registry-events.ts';
import { onSpawnList } from './consumers/spawn-list.v1.ts';
import { onTemplateList } from './consumers/template-list.v1.ts';
import { createCore, type SpawnerParts } from './core.ts';
import { endAllAgents } from './end-all-agents.ts';
import type { SpawnerEnv } from './env.ts';
import { forgetEndedSpawns } from './loops/ended-spawn-janitor.ts';
import { HOME_RENEW_MS } from './loops/home-keeper.ts';
import { reapLostHosts } from './loops/lost-host-reaper.ts';
import { createStragglerSweeper } from './loops/straggler-sweeper.ts';

/** Agents come and go seldom; what busy ones have done changes all the time, and is nothing to hurry for. */
const GATHER_MS = 20;
const RECONCILE_MS = 1_000;
const LOGS_MS = 5_000;
const LOST_HOSTS_MS = 30_000;
const JANITOR_MS = 60_000;
/** Ending all agents with the spawner has to fit into the ten seconds it has to stop. */
const END_ALL = { politeMs: 4_000, deadlineMs: 8_000 };

/** Puts the spawner together: its claim on its home, its agents, and the consumers and loops that look after them. */
export function buildApp(base: ServiceBase<SpawnerEnv>, parts: SpawnerParts): AssembledService {
  const { env, broker, codec, logger, clock, health, streams } = base;
  const core = createCore(base, parts);
  const { reconciler, keeper, logs } = core;
  health.check('home', () => keeper.lostTo() === undefined || `taken by ${keeper.lostTo()}`);

  const requests = createConsumer<Message>({
    ...{ broker, codec, group: base.service, consumer: base.slot, logger, metrics: base.streamMetrics },
    streams: [base.declare('agentsSpawning'), base.declare('agentsTerminating')],
    handlers: Object.fromEntries([
      on(base, core, 'agent.spawn.v1', onAgentSpawn),
      on(base, core, 'agent.terminate.v1', onAgentTerminate),
      on(base, core, 'spawn.list.v1', onSpawnList),
      on(base, core, 'template.list.v1', onTemplateList),
    ]),
  });
  const following = {
    logger,
    gatherMs: GATHER_MS,
    feeds: [registryEventsFeed({ broker, streams, reconciler })],
  };
  const sweeper = createStragglerSweeper({ ...core, brokerUrl: env.NOVA_BROKER_URL });
  const loop = (name: string, everyMs: number, run: () => Promise<RunCounts> | RunCounts): Service =>
    createTicker({ name, everyMs, run, logger, clock, metrics: base.tickerMetrics });

  return assembleService(base, {
    parts: {
      home: createService({
        name: 'home',
        async start() {
          await keeper.claim();
          parts.home.announce();
        },
        stop: () => parts.home.unlock(),
      }),
      agents: createService({
        name: 'agents',
        start: async () => void (await reconciler.runOnce()),
        stop: () => reconciler.release(),
      }),
      'feed registry.events': createFeedReader<Message>({ broker, codec, ...following }),
      'loop spawn-reconciler': loop('spawn-reconciler', RECONCILE_MS, () => reconciler.runOnce()),
      'loop straggler-sweeper': loop('straggler-sweeper', RECONCILE_MS, () => sweeper.runOnce()),
      'loop home-keeper': loop('home-keeper', HOME_RENEW_MS, () => keeper.runOnce()),
      'loop lost-host-reaper': loop('lost-host-reaper', LOST_HOSTS_MS, () =>
        reapLostHosts({ ...core, lostAfterMs: env.SPAWNER_HOST_LOST_MS }),
      ),
      'loop agent-log-cutter': loop('agent-log-cutter', LOGS_MS, () => ({
        cut: logs.cut(reconciler.attached()),
      })),
      'loop ended-spawn-janitor': loop('ended-spawn-janitor', JANITOR_MS, () =>
        forgetEndedSpawns({ ...core, keepMs: env.SPAWNER_KEEP_ENDED_MS }),
      ),
      'consumer of requests': requests,
      ...streamUpkeep(base, { work: ['agentsSpawning', 'agentsTerminating'], feeds: ['agentsScaling'] }),
      // Last, so that it stops first: agents are ended even when everything else takes its time to stop.
      'end of agents': createService({
        name: 'end of agents',
        start: () => undefined,
        async stop() {
          if (env.SPAWNER_ON_STOP !== 'terminate') return;
          core.closing = true;
          await endAllAgents({ ...core, ...END_ALL });
        },
      }),
    },
    load: () => ({ agents: reconciler.attached().length }),
  });
}

/** One message type and its handler, in a span of the message's trace. The codec has checked that its payload fits. */
function on<T extends MessageType>(
  base: ServiceBase<SpawnerEnv>,
  deps: SpawnerDeps,
  type: T,
  handle: (deps: SpawnerDeps, request: DeliveredOf<T>) => Promise<Outcome> | Outcome,
): [T, Handler<Message>] {
  return [
    type,
    (request) => withMessageSpan(base.tracing, request, () => handle(deps, request as DeliveredOf<T>)),
  ];
}
