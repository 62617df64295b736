import { type AssembledService, assembleService, streamUpkeep } from '@nova-torch/service-kit';
import { createConsumer } from '@nova-torch/streams';
import { type ActiveRole, createActiveRole } from './active/active-role.ts';
import { createAgentView } from './agents/agent-view.ts';
import { createAnswers } from './answer.ts';
import { AgentIndex } from './domain/agent-index.ts';
import { createAnalysers } from './domain/analysis/analyse.ts';
import type { Taxonomy } from './domain/analysis/taxonomy.ts';
import { AutonomyHour } from './domain/autonomy-hour.ts';
import { RestingAgents } from './domain/resting.ts';
import type { RouterBase, RouterEnv } from './env.ts';
import { createLlmAnalyser } from './llm/llm-analyser.ts';
import { type RouterGauges, registerGauges, registerTaskGauges, routerMetrics } from './metrics.ts';
import { askTemplateRoles } from './queries/ask-template-roles.ts';
import { queryHandlers } from './queries/handlers.ts';
import { LateAnswers } from './queries/late-answers.ts';
import { loadRouting } from './routing-file.ts';
import { routerKeys } from './store/keys.ts';
import { IndexReader } from './store/read-indexes.ts';
import { TaskReader } from './store/read-tasks.ts';
import { readRunRecord } from './store/run-records.ts';
import { ScheduleReader } from './store/schedules.ts';
import { WantedAgents } from './store/wanted-agents.ts';

/**
 * The task-router: what every instance does is listed here; what only the active one does (the consumers of
 * tasks.queue and tasks.reports, the matcher, timers, dependents-resolver, agent-releaser, agent-search, reconciler, task-forgetter)
 * is listed in active/session.ts and starts with the lease.
 */
export function buildApp(base: RouterBase, taxonomy: Taxonomy): AssembledService {
  const { broker, codec, logger, health, slot, partition, streams, instance, requester } = base;
  const routing = loadRouting(base.env.NOVA_ROUTING_FILE, Math.random);
  const keys = routerKeys(partition);
  const metrics = routerMetrics(base.metrics);
  const agents = new AgentIndex(routing);
  const resting = restingAgents(base.env);
  const nowMs = (): number => broker.serverNowMs();
  const answers = createAnswers(instance, nowMs);
  const view = createAgentView({ broker, codec, requester, streams, instance, agents, logger });
  const { analyse, wishesOf } = createAnalysers(taxonomy);
  const llm = createLlmAnalyser(base, analyse, taxonomy, agents);
  const hour = new AutonomyHour();
  const late = new LateAnswers(base.producer, logger);
  const active = createActiveRole({
    ...{ base, keys, agents, resting, view, answers, metrics, routing, wishesOf, llm, hour },
  });
  const indexes = new IndexReader(broker, keys);
  const queries = createConsumer({
    ...{ broker, codec, group: base.service, consumer: slot, logger, metrics: base.streamMetrics },
    streams: [base.declare('tasksQueries')],
    handlers: queryHandlers({
      ...{ answers, agents, resting, nowMs, routing, analyse },
      held: () => active.memory?.held,
      templateRoles: () => askTemplateRoles({ requester, streams, instance, nowMs, logger }),
      slowly: llm && { analyse: llm.analyse, late },
      tasks: new TaskReader(broker, keys),
      schedules: new ScheduleReader(broker, keys),
      runRecordOf: (taskType) => readRunRecord(broker, keys, taskType),
      indexes,
      wanted: new WantedAgents(broker, keys),
    }),
  });

  health.check('agents', () => view.loaded || 'no snapshot from the registry yet');
  const gauges = gaugesOf(active, agents, resting);
  registerGauges(base.metrics, metrics, gauges);
  registerTaskGauges(base.metrics, metrics, active, indexes);
  return assembleService(base, {
    parts: {
      'agent view': view,
      'late answers': late,
      // Stops before them: what waits for the model is then answered without it.
      ...(llm && { 'llm analyser': { start: async () => undefined, stop: () => llm.stop() } }),
      'consumer tasks.queries': queries,
      'loop leader-lease': active,
      ...streamUpkeep(base, {
        work: ['tasksQueue', 'tasksReports', 'tasksQueries'],
        feeds: ['tasksActive'],
      }),
    },
    autonomy: () => hour.figures(nowMs()),
    load: () => ({
      active: gauges.active(),
      waiting: active.memory?.lines.size ?? 0,
      held: gauges.held(),
      agents: gauges.agents(),
      free_slots: gauges.freeSlots(),
      unserved: gauges.unserved(),
    }),
  });
}

const gaugesOf = (active: ActiveRole, agents: AgentIndex, resting: RestingAgents): RouterGauges => ({
  active: () => (active.memory === undefined ? 0 : 1),
  held: () => active.memory?.held.size ?? 0,
  agents: () => agents.size,
  freeSlots: () => agents.freeSlots,
  resting: () => resting.size,
  unserved: () => active.search?.unserved ?? 0,
  busyClasses: () => active.search?.busy ?? 0,
});

const restingAgents = (env: RouterEnv): RestingAgents =>
  new RestingAgents({
    afterFailures: env.NOVA_REST_AFTER_FAILURES,
    firstMs: env.NOVA_REST_FIRST_MS,
    longestMs: env.NOVA_REST_LONGEST_MS,
  });
