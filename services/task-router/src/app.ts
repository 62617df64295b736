import { declareStream } from '@nova-torch/protocol';
import { type AssembledService, assembleService, streamUpkeep } from '@nova-torch/service-kit';
import { createConsumer } from '@nova-torch/streams';
import { type ActiveSession, createActiveSession } from './active/session.ts';
import { createAgentView } from './agents/agent-view.ts';
import { createAnswers } from './answer.ts';
import { AgentIndex } from './domain/agent-index.ts';
import type { RouterBase } from './env.ts';
import { createLeaderLease } from './loops/leader-lease.ts';
import { registerGauges, routerMetrics } from './metrics.ts';
import { queryHandlers } from './queries/handlers.ts';
import { routerKeys } from './store/keys.ts';
import { TaskReader } from './store/read-tasks.ts';

/** Questions answered at the same time. */
const QUERIES_AT_ONCE = 32;

/**
 * The task-router: what every instance does is listed here; what only the active one does (the consumers of
 * tasks.queue and tasks.reports, the matcher, timers, dependents-resolver, agent-releaser, reconciler, task-forgetter)
 * is listed in active/session.ts and starts with the lease.
 */
export function buildApp(base: RouterBase): AssembledService {
  const { env, broker, codec, logger, health, slot, partition, streams, instance, requester } = base;
  const keys = routerKeys(partition);
  const metrics = routerMetrics(base.metrics);
  const agents = new AgentIndex();
  const answers = createAnswers(instance, () => broker.serverNowMs());
  const view = createAgentView({ broker, codec, requester, streams, instance, agents, logger });
  let session: ActiveSession | undefined;

  const lease = createLeaderLease({
    broker,
    key: keys.leader,
    instance,
    leaseMs: env.NOVA_ROUTER_LEASE_MS,
    renewMs: env.NOVA_ROUTER_RENEW_MS,
    logger,
    async onGained(term) {
      logger.info({ term }, 'this router is the active one');
      metrics.leaderChanges.inc({ what: 'gained' });
      const gained = createActiveSession({
        ...{ base, keys, agents, view, answers, metrics, term },
        onNotLeader: () => lease.check(),
      });
      session = gained;
      await gained.start().catch((error: unknown) => {
        logger.error({ err: error, term }, 'the active router could not start, beginning anew');
        lease.restart();
      });
    },
    async onLost(term) {
      logger.info({ term }, 'this router stands by');
      metrics.leaderChanges.inc({ what: 'lost' });
      const lost = session;
      session = undefined;
      await lost?.stop();
    },
  });

  let runId = broker.status().runId;
  broker.on('reconnected', () => {
    // Another process under the same address may have less than what was written before: remember nothing of it.
    if (broker.status().runId !== runId) lease.restart();
    runId = broker.status().runId;
  });

  const queries = createConsumer({
    ...{ broker, codec, group: base.service, consumer: slot, logger, metrics: base.streamMetrics },
    streams: [declareStream(partition, 'tasksQueries')],
    concurrency: QUERIES_AT_ONCE,
    handlers: queryHandlers({
      ...{ answers, agents },
      tasks: new TaskReader(broker, keys),
      nowMs: () => broker.serverNowMs(),
    }),
  });
  health.check('agents', () => view.loaded || 'no snapshot from the registry yet');
  const gauges = {
    active: () => (session?.memory === undefined ? 0 : 1),
    waiting: () => session?.memory?.lines.size ?? 0,
    held: () => session?.memory?.held.size ?? 0,
    agents: () => agents.size,
    freeSlots: () => agents.freeSlots,
  };
  registerGauges(base.metrics, gauges);
  return assembleService(base, {
    parts: {
      'agent view': view,
      'consumer tasks.queries': queries,
      'loop leader-lease': lease,
      ...streamUpkeep(base, {
        work: ['tasksQueue', 'tasksReports', 'tasksQueries'],
        feeds: ['tasksActive'],
      }),
    },
    load: () => ({
      active: gauges.active(),
      waiting: gauges.waiting(),
      held: gauges.held(),
      agents: gauges.agents(),
      free_slots: gauges.freeSlots(),
    }),
  });
}
