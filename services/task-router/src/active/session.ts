// The active router, for one term: the memory, the consumers of tasks.queue and tasks.reports, and the loops. It is
// made when the lease is gained and thrown away when it is lost; nothing of it outlives the term but what was written.
import {
  createTicker,
  drawRandom,
  type RunCounts,
  type Service,
  startAll,
  stopAll,
} from '@nova-torch/service-kit';
import { type ConsumerSlot, createConsumer, createReclaimer, type Reclaimer } from '@nova-torch/streams';
import type { AgentView } from '../agents/agent-view.ts';
import type { Answers } from '../answer.ts';
import { onTasksQueue } from '../consumers/tasks-queue.ts';
import { onTasksReports } from '../consumers/tasks-reports.ts';
import type { AgentIndex } from '../domain/agent-index.ts';
import type { TaskAnalysers } from '../domain/analysis/analyse.ts';
import { RunDurations } from '../domain/analysis/run-durations.ts';
import type { AutonomyHour } from '../domain/autonomy-hour.ts';
import type { RestingAgents } from '../domain/resting.ts';
import type { Routing } from '../domain/routing.ts';
import type { RouterBase } from '../env.ts';
import type { LlmAnalyser } from '../llm/llm-analyser.ts';
import { AgentReleaser } from '../loops/agent-releaser.ts';
import { resolveDependents } from '../loops/dependents-resolver.ts';
import { DurationKeeper } from '../loops/duration-keeper.ts';
import { Reconciler } from '../loops/reconciler.ts';
import { fireSchedules } from '../loops/schedules.ts';
import { forgetTasks } from '../loops/task-forgetter.ts';
import { fireTimers } from '../loops/timers.ts';
import { createWakeableLoop, type RunResult, type WakeableLoop } from '../loops/wakeable-loop.ts';
import type { RouterMetrics } from '../metrics.ts';
import type { RouterKeys } from '../store/keys.ts';
import { IndexReader } from '../store/read-indexes.ts';
import { TaskReader } from '../store/read-tasks.ts';
import { ScheduleBook } from '../store/schedules.ts';
import { type AgentSearchPart, createAgentSearch } from './agent-search-part.ts';
import { Autonomy } from './autonomy.ts';
import type { ActiveDeps } from './deps.ts';
import { createFleet, type Fleet } from './fleet.ts';
import { Ledger } from './ledger.ts';
import { loadMemory } from './load-memory.ts';
import { Matcher } from './matcher.ts';
import type { Memory } from './memory.ts';
import { heir, soleReader } from './sole-reader.ts';
import { observeWritten } from './task-figures.ts';
import { TaskSpans } from './task-spans.ts';
import { createWishAdvisor, type WishAdvisor } from './wish-advisor.ts';

export interface SessionOptions {
  readonly base: RouterBase;
  readonly keys: RouterKeys;
  readonly agents: AgentIndex;
  readonly resting: RestingAgents;
  readonly view: AgentView;
  readonly answers: Answers;
  readonly wishesOf: TaskAnalysers['wishesOf'];
  readonly llm: LlmAnalyser | undefined;
  readonly hour: AutonomyHour;
  readonly metrics: RouterMetrics;
  readonly routing: Routing;
  readonly term: number;
  /** A write was refused: another router is active. */
  onNotLeader(): void;
}

export interface ActiveSession extends Service {
  readonly memory: Memory | undefined;
  readonly search: AgentSearchPart['search'] | undefined;
}

const LEASE_BYTES = 12;
/** The longest a loop sleeps before it looks again for what it was not woken for, in ms. */
const LOOK_AGAIN_MS = 1000;
/** The longest the schedules sleep, in ms: whatever changes them wakes them. */
const SCHEDULES_PAUSE_MS = 60_000;
const AFTER_FAILED_LOAD_MS = 100;
const SAVE_DURATIONS_EVERY_MS = 5000;
/** A report that waits this long delays nobody, unless every slot is taken. */
const GATHER_REPORTS_MS = 3;
/** How often entries left by a router that was active before are looked for. */
const RECLAIM_EVERY_MS = 500;

/** Makes the active router of a term. */
export function createActiveSession(options: SessionOptions): ActiveSession {
  const ending = new AbortController();
  let parts: (readonly [string, Service])[] = [];
  let memory: Memory | undefined;
  let search: AgentSearchPart | undefined;
  let started: Promise<void> | undefined;

  const begin = async (): Promise<void> => {
    const endTimer = options.metrics.activationDuration.startTimer();
    memory = await loadUntilEnd(options, ending.signal);
    if (memory === undefined) return;
    const deps = depsOf(options, memory, ending.signal);
    const { lines, agents } = memory;
    const { hour, metrics } = options;
    const autonomy = new Autonomy({ hour, metrics, lines, agents, nowMs: deps.nowMs });
    search = createAgentSearch(options, deps, autonomy);
    parts = partsOf(options, memory, deps, search, autonomy);
    await startAll(parts);
    endTimer();
  };
  return {
    get memory() {
      return memory;
    },
    get search() {
      return search?.search;
    },
    start() {
      started ??= begin();
      return started;
    },
    async stop() {
      ending.abort();
      options.view.listen(undefined);
      await started?.catch(() => undefined);
      const { failed } = await stopAll(parts);
      for (const { name, error } of failed)
        options.base.logger.error({ part: name, err: error }, 'a part failed to stop');
      memory = undefined;
      search = undefined;
      options.agents.forgetSlots();
      options.resting.clear();
    },
  };
}

async function loadUntilEnd(options: SessionOptions, signal: AbortSignal): Promise<Memory | undefined> {
  const { base, keys, agents, resting } = options;
  const [indexes, tasks] = [new IndexReader(base.broker, keys), new TaskReader(base.broker, keys)];
  while (!signal.aborted) {
    try {
      return await loadMemory(agents, resting, indexes, tasks);
    } catch (error) {
      base.logger.warn({ err: error }, 'the memory could not be rebuilt yet, trying again');
      await new Promise((resolve) => setTimeout(resolve, AFTER_FAILED_LOAD_MS));
    }
  }
  return undefined;
}

function depsOf(options: SessionOptions, memory: Memory, signal: AbortSignal): ActiveDeps {
  const { base, keys, metrics, term, onNotLeader, answers, routing, wishesOf } = options;
  const { broker, logger, tracing, instance, env, partition } = base;
  const tasks = new TaskReader(broker, keys);
  const spans = new TaskSpans({ tracing, tasks, keys, logger });
  return {
    partition,
    instance,
    memory,
    answers,
    wishesOf,
    durations: new RunDurations(),
    metrics,
    routing,
    tracing,
    logger,
    ledger: new Ledger({ broker, keys, instance, term, memory, metrics, spans, signal, onNotLeader }),
    tasks,
    indexes: new IndexReader(broker, keys),
    schedules: new ScheduleBook(broker, keys, term),
    periods: { leaseMs: env.NOVA_ASSIGNMENT_LEASE_MS, startTimeoutMs: env.NOVA_START_TIMEOUT_MS },
    nowMs: () => broker.serverNowMs(),
    random: Math.random,
    newLease: () => drawRandom(LEASE_BYTES).toString('base64url'),
  };
}

/** Everything that runs on the active router, in the order it starts. */
function partsOf(
  options: SessionOptions,
  memory: Memory,
  deps: ActiveDeps,
  { search, parts: searching, wake: lookForAgents }: AgentSearchPart,
  autonomy: Autonomy,
): (readonly [string, Service])[] {
  const { base, keys, view } = options;
  const { broker, logger, instance, producer, streams } = base;
  const { ledger, nowMs } = deps;
  const loop = (name: string, run: () => Promise<RunResult>): WakeableLoop =>
    createWakeableLoop({ name, run, logger, nowMs, pauseMaxMs: LOOK_AGAIN_MS });

  const matcher = new Matcher(deps);
  const releaser = new AgentReleaser({
    ...{ deps, broker, producer, instance, group: base.service },
    ...{ registryStream: streams.registry, reportsStream: streams.tasksReports },
  });
  const timers = loop('timers', () => fireTimers(deps, keys));
  const resolver = loop('dependents-resolver', () => resolveDependents(deps, broker, keys));
  const rests = loop('rests', async () => {
    matcher.unpark();
    return { nextAtMs: memory.resting.nextEndMs(nowMs()) };
  });
  const releasing = loop('agent-releaser', () => releaser.runOnce());
  const onChanged = (): void => {
    if (autonomy.lacksAgents) lookForAgents();
  };
  const fleet = createFleet({
    ...{ deps, view, matcher, releaser, releasing, onChanged },
    onGone: lookForAgents,
  });
  const advisor = advisorOf(options, deps);
  ledger.listen({
    lineGrew: (line) => {
      matcher.wake([line]);
      if (line.size === 1) search.onOpened(line);
    },
    agentFreed: (agentId) => fleet.freed(agentId),
    dueAt: (dueMs) => timers.wake(dueMs),
    unblocks: () => resolver.wake(),
    wrote: (entries) => {
      autonomy.wrote(entries);
      observeWritten(entries, options.metrics);
    },
    moved: (draft) => {
      advisor?.offer(draft);
      const restUntilMs = memory.resting.observe(draft, nowMs());
      if (restUntilMs !== undefined) rests.wake(restUntilMs);
    },
    doubtful: (agentId) =>
      logger.warn({ agent_id: agentId }, 'its inbox or slots are in doubt: it gets no task'),
  });
  return [
    ['matcher', { start: async () => undefined, stop: () => matcher.stop() }],
    ['fleet', fleet],
    ['loop timers', timers],
    ['loop rests', rests],
    ['loop schedules', scheduleLoop(deps)],
    ['loop dependents-resolver', resolver],
    ['loop agent-releaser', releasing],
    ...searching,
    ...upkeepOf(options, deps, matcher, fleet),
    ['loop duration-keeper', durationKeeper(options, deps)],
    ...(advisor === undefined ? [] : [['wish-advisor', advisor] as const]),
    ...consumersOf(options, deps),
  ];
}

/** What keeps the records in order. */
function upkeepOf(
  { base, keys }: SessionOptions,
  deps: ActiveDeps,
  matcher: Matcher,
  fleet: Fleet,
): (readonly [string, Service])[] {
  const { broker, logger, env } = base;
  const ticker = (name: string, everyMs: number, run: () => Promise<RunCounts>): Service =>
    createTicker({ name, everyMs, run, logger, metrics: base.tickerMetrics });
  const reconciler = new Reconciler({
    ...{ deps, broker, keys },
    onRepaired: () => matcher.wake(deps.memory.lines.lines()),
    onUnknownHolder: (agentId) => fleet.gone(agentId, false, 'the registry does not know it as living'),
  });
  const retention = { forMs: env.NOVA_RETENTION_MS, tasksMax: env.NOVA_RETENTION_TASKS_MAX };
  return [
    [
      'loop reconciler',
      ticker('reconciler', env.NOVA_RECONCILE_EVERY_MS, async () => ({ ...(await reconciler.runOnce()) })),
    ],
    [
      'loop task-forgetter',
      ticker('task-forgetter', LOOK_AGAIN_MS, () => forgetTasks(deps, keys, retention)),
    ],
  ];
}

/** Asks the model about submitted tasks, where that is wished. */
function advisorOf({ llm, base }: SessionOptions, deps: ActiveDeps): WishAdvisor | undefined {
  return llm?.advisesSubmissions ? createWishAdvisor({ deps, llm, logger: base.logger }) : undefined;
}

/** Submits what is due; woken by whatever changes a schedule. */
function scheduleLoop(deps: ActiveDeps): Service {
  const { logger, nowMs, schedules } = deps;
  const loop = createWakeableLoop({
    ...{ name: 'schedules', logger, nowMs, pauseMaxMs: SCHEDULES_PAUSE_MS },
    run: () => fireSchedules(deps),
  });
  schedules.listen((dueMs) => loop.wake(dueMs));
  return loop;
}

/** Reads the run durations before the first report is taken, and stores them once more after the last one. */
function durationKeeper({ base, keys, term }: SessionOptions, { durations }: ActiveDeps): Service {
  const { broker, logger, tickerMetrics: metrics } = base;
  const keeper = new DurationKeeper({ durations, broker, keys, term, logger });
  const name = 'duration-keeper';
  const everyMs = SAVE_DURATIONS_EVERY_MS;
  const ticker = createTicker({
    name,
    everyMs,
    logger,
    metrics,
    run: () => keeper.runOnce().then((counts) => ({ ...counts })),
  });
  return {
    async start() {
      await keeper.load();
      await ticker.start();
    },
    async stop() {
      await ticker.stop();
      await keeper.finish();
    },
  };
}

/** The streams only the active router reads, and what takes over what an earlier active one had in hand. */
function consumersOf({ base, keys }: SessionOptions, deps: ActiveDeps): (readonly [string, Service])[] {
  const { broker, codec, logger, slot, service } = base;
  const [queue, reports] = [base.declare('tasksQueue'), base.declare('tasksReports')];
  const reading = { broker, codec, group: service, consumer: slot, logger, metrics: base.streamMetrics };
  const reclaimerFor = (reader: ConsumerSlot): Reclaimer =>
    createReclaimer({
      ...{ broker, codec, group: service, logger, metrics: base.streamMetrics },
      streams: [queue, reports],
      slot: reader,
    });
  const nobody = `${keys.leader}:nobody`;
  const reclaimer = reclaimerFor(soleReader(slot, nobody));
  return [
    [
      'take-over',
      {
        // A submission left by the router before must not be passed by one that depends on it.
        start: async () => {
          await reclaimerFor(heir(slot, nobody)).runOnce();
        },
        stop: async () => undefined,
      },
    ],
    [
      'consumer tasks.queue',
      createConsumer({
        ...reading,
        streams: [queue],
        handlers: { batch: (batch) => onTasksQueue(batch, deps) },
      }),
    ],
    [
      'consumer tasks.reports',
      createConsumer({
        ...reading,
        streams: [reports],
        gatherMs: GATHER_REPORTS_MS,
        handlers: { batch: (batch) => onTasksReports(batch, deps) },
      }),
    ],
    [
      'loop sole-reader',
      createTicker({
        ...{ name: 'sole-reader', everyMs: RECLAIM_EVERY_MS, logger, metrics: base.tickerMetrics },
        run: async () => ({ ...(await reclaimer.runOnce()) }),
      }),
    ],
  ];
}
