import type { Message } from '@nova-torch/protocol';
import {
  type AssembledService,
  assembleService,
  createTicker,
  type ServiceBase,
  streamUpkeep,
} from '@nova-torch/service-kit';
import { createConsumer } from '@nova-torch/streams';
import type { RegistryDeps } from './consumers/deps.ts';
import { onEndedAttempts } from './consumers/ended-attempts.ts';
import { onRegistryMessages } from './consumers/registry-messages.ts';
import type { LivenessSettings } from './domain/liveness.ts';
import type { RegistryEnv } from './env.ts';
import { createAgentCensus } from './loops/agent-census.ts';
import { createReaperLoop } from './loops/agent-reaper.ts';
import { createInboxTrimmer } from './loops/inbox-trimmer.ts';
import { registryMetrics } from './metrics.ts';
import { createAgentStore } from './store/agent-store.ts';
import { registryKeys } from './store/keys.ts';

const MASS_CLOSES_SHARE = 0.2;
/** Nobody waits for an agent's record of performance; written more often it keeps four services busy with reading it. */
const GATHER_ENDED_MS = 50;
const TRIM_INBOXES_EVERY_MS = 2_000;

/** Puts the registry together: consumers of its stream and of ended tasks, and the loops. */
export function buildApp(base: ServiceBase<RegistryEnv>): AssembledService {
  const { env, broker, codec, logger, clock, health, slot, partition, tracing, instance } = base;
  const liveness = livenessOf(env);
  const metrics = registryMetrics(base.metrics);
  const keys = registryKeys(partition);
  const agentsMax = env.NOVA_AGENTS_MAX;
  const store = createAgentStore({ broker, keys, sender: instance, liveness, agentsMax });
  const deps: RegistryDeps = {
    ...{ store, liveness, partition, instance, metrics, tracing },
    serverNowMs: () => broker.serverNowMs(),
    wakeReaper: () => reaper.wake(),
  };

  const consuming = {
    ...{ broker, codec, group: base.service, consumer: slot, logger },
    metrics: base.streamMetrics,
  };
  const messages = createConsumer<Message>({
    ...consuming,
    streams: [base.declare('registry')],
    handlers: { batch: (batch) => onRegistryMessages(deps, batch) },
  });
  const attempts = createConsumer<Message>({
    ...consuming,
    streams: [base.declare('tasksCompleted'), base.declare('tasksFailed')],
    gatherMs: GATHER_ENDED_MS,
    handlers: { batch: (batch) => onEndedAttempts(deps, batch) },
  });

  const looping = { logger, clock, metrics: base.tickerMetrics };
  const reaper = createReaperLoop(deps, { ...looping, group: base.service });
  const census = createAgentCensus(deps, base.metrics, looping);
  const trimInboxes = createInboxTrimmer({ broker, store, keys, logger });
  const inboxTrimmer = createTicker({
    ...looping,
    ...{ name: 'inbox-trimmer', everyMs: TRIM_INBOXES_EVERY_MS, jitter: 0.2 },
    run: () => trimInboxes.runOnce(),
  });
  health.check('agents watched', () => reaper.isWatching() || 'silence is not judged now');

  return assembleService(base, {
    parts: {
      'consumer of the registry stream': messages,
      'consumer of ended attempts': attempts,
      'loop agent-reaper': reaper,
      'loop inbox-trimmer': inboxTrimmer,
      // Reading every record is worth it only where somebody can see the figures.
      ...(base.metrics.enabled && { 'loop agent-census': census }),
      ...streamUpkeep(base, {
        work: ['registry', 'tasksCompleted', 'tasksFailed'],
        feeds: ['registryEvents', 'agentsDoorbell'],
      }),
    },
    load: () => ({ agents: reaper.agents }),
  });
}

const livenessOf = (env: RegistryEnv): LivenessSettings => ({
  heartbeatMs: env.NOVA_HEARTBEAT_MS,
  suspectAfter: env.NOVA_SUSPECT_AFTER,
  failedAfter: env.NOVA_FAILED_AFTER,
  closedWindowMs: env.NOVA_CLOSED_WINDOW_MS,
  massClosesMin: env.NOVA_MASS_CLOSES,
  massClosesShare: MASS_CLOSES_SHARE,
});
