import { AgentHeartbeatV1, type AgentId, AgentSignV1 } from '@nova-torch/protocol';
import {
  type AssembledService,
  assembleService,
  createHttpApp,
  createTicker,
  type ServiceBase,
  streamUpkeep,
} from '@nova-torch/service-kit';
import { type Asking, createAsking } from './asking.ts';
import { createAgentTokens } from './auth/agent-token.ts';
import { createAuthenticate } from './auth/bearer.ts';
import { createGatewayFeeds } from './consumers/feeds.ts';
import type { GatewayDeps } from './deps.ts';
import { createFleetHealth } from './domain/fleet-health.ts';
import type { GatewayEnv } from './env.ts';
import { prepareHttp } from './http/prepare-http.ts';
import {
  createGatewayJournal,
  type GatewayJournal,
  type GatewayJournalOptions,
} from './journal/gateway-journal.ts';
import { createJournalMetrics, registerJournalGauges } from './journal/journal-metrics.ts';
import { openGatewayJournal } from './journal/open-journal.ts';
import { createQueueWatcher } from './loops/queue-watcher.ts';
import { createGatewayMetrics, type GatewayMetrics } from './metrics.ts';
import { ackInboxRoute } from './routes/ack-inbox.ts';
import { adoptJournalRoute } from './routes/adopt-journal.ts';
import { analyzeTaskRoute } from './routes/analyze-task.ts';
import { cancelTaskRoute } from './routes/cancel-task.ts';
import { cancelWorkflowRoute } from './routes/cancel-workflow.ts';
import { completeTaskRoute } from './routes/complete-task.ts';
import { deregisterAgentRoute } from './routes/deregister-agent.ts';
import { discardDeadLetterRoute } from './routes/discard-dead-letter.ts';
import { explainTaskRoute } from './routes/explain-task.ts';
import { exportDeadLettersRoute } from './routes/export-dead-letters.ts';
import { failTaskRoute } from './routes/fail-task.ts';
import { getAgentRoute } from './routes/get-agent.ts';
import { getDeadLetterRoute } from './routes/get-dead-letter.ts';
import { getHealthRoute } from './routes/get-health.ts';
import { getMeRoute } from './routes/get-me.ts';
import { getMessageRoute } from './routes/get-message.ts';
import { getScalingRoute } from './routes/get-scaling.ts';
import { getTaskRoute } from './routes/get-task.ts';
import { getTaskHistoryRoute } from './routes/get-task-history.ts';
import { getWorkflowRoute } from './routes/get-workflow.ts';
import { listAgentsRoute } from './routes/list-agents.ts';
import { listDeadLettersRoute } from './routes/list-dead-letters.ts';
import { listSpawnsRoute } from './routes/list-spawns.ts';
import { listStreamsRoute } from './routes/list-streams.ts';
import { listTasksRoute } from './routes/list-tasks.ts';
import { listTemplatesRoute } from './routes/list-templates.ts';
import { pullInboxRoute } from './routes/pull-inbox.ts';
import { registerAgentRoute } from './routes/register-agent.ts';
import { replayDeadLetterRoute } from './routes/replay-dead-letter.ts';
import { reportProgressRoute } from './routes/report-progress.ts';
import { retryTaskRoute } from './routes/retry-task.ts';
import {
  createScheduleRoute,
  deleteScheduleRoute,
  getScheduleRoute,
  listSchedulesRoute,
  pauseScheduleRoute,
  resumeScheduleRoute,
} from './routes/schedules.ts';
import { sendHeartbeatRoute } from './routes/send-heartbeat.ts';
import { sendMessageRoute } from './routes/send-message.ts';
import { setLogLevelRoute } from './routes/set-log-level.ts';
import { discardDeadLettersRoute, replayDeadLettersRoute } from './routes/settle-dead-letters.ts';
import { spawnAgentRoute } from './routes/spawn-agent.ts';
import { startTaskRoute } from './routes/start-task.ts';
import { submitTaskRoute } from './routes/submit-task.ts';
import { submitTasksRoute } from './routes/submit-tasks.ts';
import { submitWorkflowRoute } from './routes/submit-workflow.ts';
import { terminateAgentRoute } from './routes/terminate-agent.ts';
import { waitForTaskRoute } from './routes/wait-for-task.ts';
import { createIdempotencyStore } from './store/idempotency-store.ts';
import { dropExpired, putAside } from './taking-entries.ts';
import { createInboxDoor, type InboxDoor } from './waiting/inbox-door.ts';
import { createSessionSigns } from './waiting/session-signs.ts';
import { createTaskWatch } from './waiting/task-watch.ts';

const ROUTES = [
  submitTaskRoute, // POST   /v1/tasks
  submitTasksRoute, // POST   /v1/tasks/batch
  analyzeTaskRoute, // POST   /v1/tasks/analyze
  listTasksRoute, // GET    /v1/tasks
  getTaskRoute, // GET    /v1/tasks/{task_id}
  waitForTaskRoute, // GET    /v1/tasks/{task_id}/wait
  getTaskHistoryRoute, // GET    /v1/tasks/{task_id}/history
  explainTaskRoute, // GET    /v1/tasks/{task_id}/explain
  cancelTaskRoute, // POST   /v1/tasks/{task_id}/cancel
  retryTaskRoute, // POST   /v1/tasks/{task_id}/retry
  submitWorkflowRoute, // POST   /v1/workflows
  getWorkflowRoute, // GET    /v1/workflows/{workflow_id}
  cancelWorkflowRoute, // POST   /v1/workflows/{workflow_id}/cancel
  createScheduleRoute, // POST   /v1/schedules
  listSchedulesRoute, // GET    /v1/schedules
  getScheduleRoute, // GET    /v1/schedules/{schedule_id}
  pauseScheduleRoute, // POST   /v1/schedules/{schedule_id}/pause
  resumeScheduleRoute, // POST   /v1/schedules/{schedule_id}/resume
  deleteScheduleRoute, // DELETE /v1/schedules/{schedule_id}
  registerAgentRoute, // POST   /v1/agents
  listAgentsRoute, // GET    /v1/agents
  getAgentRoute, // GET    /v1/agents/{agent_id}
  deregisterAgentRoute, // DELETE /v1/agents/{agent_id}
  sendHeartbeatRoute, // POST   /v1/agents/{agent_id}/heartbeat
  pullInboxRoute, // POST   /v1/agents/{agent_id}/inbox/pull
  ackInboxRoute, // POST   /v1/agents/{agent_id}/inbox/ack
  startTaskRoute, // POST   /v1/agents/{agent_id}/tasks/{task_id}/start
  reportProgressRoute, // POST   /v1/agents/{agent_id}/tasks/{task_id}/progress
  completeTaskRoute, // POST   /v1/agents/{agent_id}/tasks/{task_id}/complete
  failTaskRoute, // POST   /v1/agents/{agent_id}/tasks/{task_id}/fail
  sendMessageRoute, // POST   /v1/messages
  getMessageRoute, // GET    /v1/messages/{message_id}
  listTemplatesRoute, // GET    /v1/templates
  spawnAgentRoute, // POST   /v1/spawn
  listSpawnsRoute, // GET    /v1/spawns
  getScalingRoute, // GET    /v1/scaling
  terminateAgentRoute, // POST   /v1/agents/{agent_id}/terminate
  listStreamsRoute, // GET    /v1/streams
  listDeadLettersRoute, // GET    /v1/dead-letters
  exportDeadLettersRoute, // GET    /v1/dead-letters/export
  replayDeadLettersRoute, // POST   /v1/dead-letters/replay
  discardDeadLettersRoute, // POST   /v1/dead-letters/discard
  getDeadLetterRoute, // GET    /v1/dead-letters/{dead_letter_id}
  discardDeadLetterRoute, // DELETE /v1/dead-letters/{dead_letter_id}
  replayDeadLetterRoute, // POST   /v1/dead-letters/{dead_letter_id}/replay
  adoptJournalRoute, // POST   /v1/journal/adopt
  setLogLevelRoute, // PUT    /v1/log-level
  getMeRoute, // GET    /v1/me
  getHealthRoute, // GET    /health
];

/** How often what is not used any more is forgotten, and the queue is looked at, in ms. */
const SWEEP_EVERY_MS = 60_000;
const LOOK_EVERY_MS = 1_000;

/** Puts the gateway together; it does not listen yet. `adminKey` is the key people use. */
export async function buildApp(base: ServiceBase<GatewayEnv>, adminKey: string): Promise<AssembledService> {
  const journalMetrics = createJournalMetrics(base.metrics);
  const opened = await openGatewayJournal(base.env, base.logger, journalMetrics);
  const { journal } = opened;
  registerJournalGauges(base.metrics, journalMetrics, journal, () => base.broker.serverNowMs());
  const deps = createDeps(base, adminKey, { opened, metrics: journalMetrics });
  const { env, logger, tickerMetrics } = base;
  const { watch, door, signs } = deps;
  const http = await prepareHttp(
    createHttpApp({ ...base, onProblem: (code) => deps.metrics.problems.inc({ code }) }),
    {
      env,
      authenticate: createAuthenticate(adminKey, deps.tokens),
      refused: deps.metrics.refused,
      flow: base.flow,
    },
  );
  showFlow(base, deps);
  for (const addRoute of ROUTES) addRoute(http, deps);
  // What waits is answered first, or a stop would wait for it.
  http.addHook('preClose', async () => {
    watch.stop();
    door.stop();
    signs.stop();
  });

  const loop = { logger, metrics: tickerMetrics, jitter: 0.2 };
  return assembleService(base, {
    parts: {
      ...deps.journal.parts,
      'feeds tasks.active, agents.doorbell, registry.events, monitoring': createGatewayFeeds(deps),
      'loop door-sweeper': createTicker({
        ...loop,
        name: 'door-sweeper',
        everyMs: SWEEP_EVERY_MS,
        run: () => ({ doors: door.sweep() }),
      }),
      'loop queue-watcher': createTicker({
        ...loop,
        name: 'queue-watcher',
        everyMs: LOOK_EVERY_MS,
        run: async () => void (await deps.queue.runOnce()),
      }),
      ...streamUpkeep(base, { work: [], feeds: ['monitoring'] }),
    },
    load: () => ({ waits: watch.size, pulls: door.open, ...deps.journal.load() }),
    http,
  });
}

/** What is bounded here, for the metrics and the status of this instance. */
function showFlow({ env, flow }: ServiceBase<GatewayEnv>, { queue, watch, door }: GatewayDeps): void {
  flow.limit('submission queue', () => ({ used: queue.waiting, max: queue.max }));
  flow.limit('waits', () => ({ used: watch.size, max: env.NOVA_WAITS_MAX }));
  flow.limit('pulls', () => ({ used: door.open, max: env.NOVA_PULLS_MAX }));
  flow.shedding(() => queue.shedding);
}

type Journaling = Pick<GatewayJournalOptions, 'opened' | 'metrics'>;

function journalOf(base: ServiceBase<GatewayEnv>, asking: Asking, journaling: Journaling): GatewayJournal {
  const { env, broker, logger, streams, partition, instance, producer, tickerMetrics } = base;
  const nowMs = () => broker.serverNowMs();
  return createGatewayJournal({
    ...{ ...journaling, partition, asking, logger, nowMs, tickerMetrics },
    sending: { broker, producer, streams, instance, reservationTtlMs: env.NOVA_IDEMPOTENCY_TTL_MS },
  });
}

function doorOf(
  { env, broker, codec, logger, streams }: ServiceBase<GatewayEnv>,
  metrics: GatewayMetrics,
): InboxDoor {
  return createInboxDoor({
    broker,
    codec,
    inboxOf: (agentId) => streams.agentInbox(agentId),
    pullsMax: env.NOVA_PULLS_MAX,
    redeliverMs: env.NOVA_INBOX_REDELIVER_MS,
    onExpired: (agentId, entry, message) => {
      metrics.inboxMessages.inc({ outcome: 'expired' });
      dropExpired({ broker, streams }, agentId, entry, message).catch((err: unknown) =>
        logger.warn(
          { agent_id: agentId, entry_id: entry.id, err },
          'an expired entry could not be dropped yet',
        ),
      );
    },
    onUnreadable: (agentId, entry, error) => {
      metrics.inboxMessages.inc({ outcome: 'unreadable' });
      logger.warn({ agent_id: agentId, entry_id: entry.id, error }, 'an inbox entry cannot be read');
      putAside({ broker, streams }, agentId, entry, error).catch((err: unknown) =>
        logger.warn(
          { agent_id: agentId, entry_id: entry.id, err },
          'it could not be put aside, and comes again',
        ),
      );
    },
  });
}

function createDeps(base: ServiceBase<GatewayEnv>, adminKey: string, journaling: Journaling): GatewayDeps {
  const { env, broker, codec, logger, streams, partition, instance, producer, requester, health, tracing } =
    base;
  const nowMs = () => broker.serverNowMs();
  const watch = createTaskWatch(env.NOVA_WAITS_MAX);
  const metrics = createGatewayMetrics(base.metrics, { waits: () => watch.size, pulls: () => door.open });
  const asking = createAsking({ producer, requester, broker, instance, tracing });
  const journal = journalOf(base, asking, journaling);
  const door = doorOf(base, metrics);
  const toRegistry = { stream: streams.registry, target: 'registry' };
  const unheard = (agentId: AgentId) => (err: unknown) =>
    logger.warn({ agent_id: agentId, err }, 'a sign of the agent did not reach the registry');
  const signs = createSessionSigns({
    gatherMs: env.NOVA_SIGN_GATHER_MS,
    openPulls: () => door.open,
    isOpen: (agentId) => door.isOpen(agentId),
    nowMs,
    sendSign: (agent_id) => {
      const payload = { agent_id, sign: 'session_closed' as const, detail: `its pull at ${instance} closed` };
      asking
        .tell({ ...toRegistry, sender: instance, definition: AgentSignV1, payload })
        .catch(unheard(agent_id));
    },
    repeatHeartbeat: (payload) => {
      const sender = payload.agent_id;
      asking.tell({ ...toRegistry, sender, definition: AgentHeartbeatV1, payload }).catch(unheard(sender));
    },
    count: (outcome, closes) => metrics.sessionCloses.inc({ outcome }, closes),
  });
  return {
    instance,
    partition,
    streams,
    broker,
    codec,
    logger,
    tracing,
    metrics,
    health,
    asking,
    journal,
    idempotency: createIdempotencyStore(broker, partition, {
      ttlMs: env.NOVA_IDEMPOTENCY_TTL_MS,
      kept: journal.intake.reserved,
    }),
    tokens: createAgentTokens(adminKey),
    queue: createQueueWatcher(broker, streams.tasksQueue, env.NOVA_QUEUE_MAX),
    watch,
    door,
    signs,
    fleet: createFleetHealth(),
  };
}
