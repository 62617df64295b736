// One chaos run: the platform in replicas, agents, steady load, faults by a seed; then the whole history is checked.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { guardDirectory } from '@nova-torch/cli/own-broker';
import { NovaClient } from '@nova-torch/client';
import { isTerminal, ownedKeys, SERVICES } from '@nova-torch/protocol';
import { asStrings, type Broker, openBroker } from '@nova-torch/streams';
import {
  checkHistory,
  createFaultProxy,
  createFaultSchedule,
  type FaultProxy,
  type FaultShare,
  type HistoryEvent,
  type HistoryReport,
  type InstanceName,
  type Platform,
  type PlatformOptions,
  runFaults,
  seededRandom,
  startPlatform,
} from '@nova-torch/testing';
import { askBrokerFacts, type BrokerFacts } from '../report.ts';
import { type Usage, UsageMeter } from '../usage.ts';
import { AgentHost } from './agent-hosts.ts';
import { collectHistory } from './collect-history.ts';
import { type FaultMix, type MixedKind, Striker, type Struck } from './faults.ts';
import {
  acceptedInTime,
  disturbed,
  firstDeliveries,
  type InTime,
  type KilledAgents,
  type Recovery,
  reassignments,
} from './recoveries.ts';
import { Submitter, type Waited } from './submitter.ts';
import { TaskFeed } from './task-feed.ts';

export interface ChaosOptions {
  readonly seed: number;
  /** How long there are load and faults. */
  readonly seconds: number;
  /** Of each service. */
  readonly replicas: number;
  readonly agents: number;
  readonly agentsPerHost: number;
  readonly tasksPerSecond: number;
  /** Empty for no faults at all. */
  readonly mix: FaultMix;
  /** Shortest and longest pause between the beginnings of two faults, in ms. */
  readonly faultEveryMs: readonly [number, number];
  /** After the last fault and submission: gives up when for so long no task has ended. */
  readonly settleSeconds: number;
  readonly log: (line: string) => void;
  /** A directory for the logs of the services; default they are not kept. */
  readonly logsTo?: string | undefined;
}

export interface ChaosReport {
  readonly broker: BrokerFacts;
  /** All that was recorded. */
  readonly events: readonly HistoryEvent[];
  readonly history: HistoryReport;
  readonly faults: readonly Struck[];
  readonly faults_skipped: number;
  /** Of the accepted tasks that nobody cancelled and that had no deadline, the share that was completed. */
  readonly completed_share: number;
  readonly accepted_within_1s: { readonly plain: InTime; readonly with_dependencies: InTime };
  readonly slow_submissions: readonly Waited[];
  readonly submit_ms: readonly number[];
  readonly recoveries: {
    readonly agent_killed_over_http: readonly Recovery[];
    readonly agent_killed_over_streams: readonly Recovery[];
    readonly router_killed: readonly Recovery[];
    readonly broker_restarted: readonly Recovery[];
  };
  readonly usage: Readonly<Record<string, Usage>>;
  readonly started_in_s: number;
  readonly settled_in_s: number;
}

/** Agents say that they live this often; taken for dead after three missed ones. */
const HEARTBEAT_MS = 1_000;
/** Clocks are one machine's, but what a service knows of the broker's is off by the delay of a proxy. */
const CLOCK_SKEW_MS = 250;
/** A submission is to be accepted within this. */
const IN_TIME_MS = 1_000;
const SETTLE_EVERY_MS = 1_000;
/** Tasks asked about in one step of settling. */
const ASK_MAX = 20;
const LEADER_EVERY_MS = 10;
const TAKEOVER_WITHIN_MS = 30_000;
const DIRECT = 'chaos-observer';

/** Runs it. Rejects when the platform cannot be started, stopped or asked; what the history violates is in the report. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const run = new ChaosRun(options);
  try {
    return await run.run();
  } finally {
    await run.end();
  }
}

class ChaosRun {
  readonly #options: ChaosOptions;
  readonly #instances: readonly InstanceName[];
  readonly #files = mkdtempSync(join(tmpdir(), 'nova-torch-chaos-'));
  readonly #proxies = new Map<string, FaultProxy>();
  readonly #hosts: AgentHost[] = [];
  readonly #asked: HistoryEvent[] = [];
  readonly #killed: KilledAgents[] = [];
  readonly #takeovers: Promise<Recovery | undefined>[] = [];
  #platform: Platform | undefined;
  #broker: Broker | undefined;
  #feed: TaskFeed | undefined;
  #meter: UsageMeter | undefined;

  constructor(options: ChaosOptions) {
    this.#options = options;
    this.#instances = SERVICES.flatMap((service) =>
      Array.from(
        { length: options.replicas },
        (_, n): InstanceName => (n === 0 ? service : `${service}#${n + 1}`),
      ),
    );
    guardDirectory(this.#files);
  }

  async run(): Promise<ChaosReport> {
    const { seconds, log } = this.#options;
    const startedAt = performance.now();
    const platform = await this.#startPlatform();
    const broker = await openBroker({ url: platform.brokerUrl, name: DIRECT });
    this.#broker = broker;
    const feed = new TaskFeed(broker);
    this.#feed = feed;
    feed.start();
    await this.#startHosts(platform);
    const started_in_s = secondsSince(startedAt);
    log(
      `${this.#instances.length} services and ${this.#options.agents} agents are ready after ${started_in_s} s`,
    );

    const open = new Set<string>();
    const submitter = this.#submitter(platform, feed, open);
    const striker = new Striker({
      platform,
      instances: this.#instances,
      hosts: this.#hosts,
      proxies: this.#proxies,
      activeRouter: () => this.#activeRouter(),
      onStruck: (fault) => this.#onStruck(fault),
    });
    const meter = new UsageMeter(() => this.#pids());
    this.#meter = meter;
    await Promise.all([submitter.run(seconds), this.#strike(striker, AbortSignal.timeout(seconds * 1_000))]);
    const loadEndedAt = performance.now();
    await this.#settle(platform, open);
    const settled_in_s = secondsSince(loadEndedAt);
    const usage = meter.stop();
    const events = await this.#collect(platform, broker, feed, striker.struck);
    const [dependent, without] = [true, false].map((is) =>
      submitter.waited.filter(({ hasDependencies }) => hasDependencies === is),
    ) as [Waited[], Waited[]];
    return {
      broker: await askBrokerFacts(platform.brokerUrl, 'always'),
      events,
      history: checkHistory(events, { clockSkewMs: CLOCK_SKEW_MS }),
      faults: striker.struck,
      faults_skipped: striker.skipped,
      completed_share: completedShare(events, submitter.plain),
      accepted_within_1s: {
        plain: acceptedInTime(without, striker.struck, IN_TIME_MS),
        with_dependencies: acceptedInTime(dependent, striker.struck, IN_TIME_MS),
      },
      slow_submissions: submitter.waited.filter(({ ms = Number.POSITIVE_INFINITY }) => ms > IN_TIME_MS),
      submit_ms: submitter.waited.flatMap(({ ms }) => ms ?? []),
      recoveries: await this.#recoveries(events, striker.struck),
      usage,
      started_in_s,
      settled_in_s,
    };
  }

  /** Ends everything that was begun. */
  async end(): Promise<void> {
    this.#meter?.stop();
    await Promise.all(this.#hosts.map((host) => host.stop()));
    await this.#feed?.stop();
    await this.#broker?.close();
    this.#keepLogs();
    await this.#platform?.stop();
    await Promise.all([...this.#proxies.values()].map((proxy) => proxy.close()));
    rmSync(this.#files, { recursive: true, force: true });
  }

  #keepLogs(): void {
    const { logsTo } = this.#options;
    if (logsTo === undefined || this.#platform === undefined) return;
    mkdirSync(logsTo, { recursive: true });
    for (const name of this.#instances) {
      const lines = this.#platform.logs(name).map((line) => `${JSON.stringify(line)}\n`);
      writeFileSync(join(logsTo, `${name.replace('#', '-')}.jsonl`), lines.join(''));
    }
  }

  async #startPlatform(): Promise<Platform> {
    const platform = await startPlatform({
      services: this.#instances,
      env: { NOVA_HEARTBEAT_MS: String(HEARTBEAT_MS), NODE_COMPILE_CACHE: join(this.#files, 'compiled') },
      envOf: this.#spawnerHomes(),
      // A killed broker keeps what it answered: anything that is lost was lost by us.
      broker: { appendonly: 'always' },
      brokerUrlOf: async (name, { port }) => (await this.#proxy(name, port)).url,
      readyTimeoutMs: 120_000,
    });
    this.#platform = platform;
    return platform;
  }

  /** A spawner owns its home: one per machine. */
  #spawnerHomes(): NonNullable<PlatformOptions['envOf']> {
    const spawners = this.#instances.filter((name) => name.startsWith('spawner'));
    return Object.fromEntries(spawners.map((name) => [name, { NOVA_HOME: join(this.#files, name) }]));
  }

  async #proxy(name: string, port: number): Promise<FaultProxy> {
    const proxy = await createFaultProxy({ port });
    this.#proxies.set(name, proxy);
    return proxy;
  }

  /** Every other host over the streams, the others over one gateway each. */
  async #startHosts(platform: Platform): Promise<void> {
    const { agents, agentsPerHost } = this.#options;
    const gateways = this.#instances.filter((name) => name.startsWith('gateway'));
    for (let left = agents; left > 0; left -= agentsPerHost) {
      const number = this.#hosts.length;
      const overHttp = number % 2 === 1;
      const name = `agents-${overHttp ? 'http' : 'streams'}-${number + 1}`;
      const gateway = gateways[number % gateways.length] ?? 'gateway';
      const way = overHttp
        ? { apiUrl: platform.service(gateway).address, adminKey: platform.adminKey }
        : { brokerUrl: (await this.#proxy(name, platform.broker.port)).url };
      const record = join(this.#files, `${name}.jsonl`);
      this.#hosts.push(
        new AgentHost(name, platform.home, { agents: Math.min(left, agentsPerHost), record, ...way }),
      );
    }
    await Promise.all(this.#hosts.map((host) => host.start()));
  }

  /** Keeps in `open` the accepted tasks that have not ended. */
  #submitter(platform: Platform, feed: TaskFeed, open: Set<string>): Submitter {
    feed.listen(({ task_id, to }) => void (isTerminal(to) && open.delete(task_id)));
    return new Submitter({
      gateways: this.#instances
        .filter((name) => name.startsWith('gateway'))
        .map((name) => platform.service(name).address),
      adminKey: platform.adminKey,
      perSecond: this.#options.tasksPerSecond,
      random: seededRandom(this.#options.seed),
      record: (event) => void this.#asked.push(event),
      onAccepted: (taskId) => {
        const state = feed.now(taskId)?.state;
        if (state === undefined || !isTerminal(state)) open.add(taskId);
      },
    });
  }

  /** Lets faults happen until the signal fires, and waits until all is whole again. */
  async #strike(striker: Striker, until: AbortSignal): Promise<void> {
    const { seed, mix, faultEveryMs: everyMs, log } = this.#options;
    if (Object.keys(mix).length === 0) return;
    const schedule = createFaultSchedule({ seed, mix: mix as Record<MixedKind, FaultShare>, everyMs });
    log(schedule.describe());
    await runFaults(schedule, (fault) => striker.strike(fault), until);
  }

  /** Waits until all tasks of `open` have ended, or nothing happens any more. */
  async #settle(platform: Platform, open: Set<string>): Promise<void> {
    const { settleSeconds, log } = this.#options;
    const client = new NovaClient({ baseUrl: platform.gatewayUrl, key: platform.adminKey });
    let [left, changedAt] = [open.size, performance.now()];
    while (open.size > 0 && performance.now() - changedAt < settleSeconds * 1_000) {
      await delay(SETTLE_EVERY_MS);
      if (open.size === left) await forgetEnded(client, open);
      if (open.size !== left) [left, changedAt] = [open.size, performance.now()];
    }
    if (open.size > 0) log(`${open.size} tasks have not ended: ${[...open].slice(0, 5).join(', ')}`);
  }

  async #activeRouter(): Promise<InstanceName | undefined> {
    const leader = (await this.#leader())?.instance;
    return this.#instances.find(
      (name) => leader !== undefined && this.#platform?.logs(name).at(-1)?.instance === leader,
    );
  }

  /** Whose lease it is, when it has not run out; undefined while the broker is away. */
  async #leader(): Promise<{ instance: string; term: number } | undefined> {
    const key = `${ownedKeys(0, 'task-router')}:leader`;
    const reply = await this.#broker
      ?.call('HMGET', key, 'instance', 'term', 'until_ms')
      .catch(() => undefined);
    if (reply === undefined) return undefined;
    const [instance = '', term = '0', untilMs = '0'] = asStrings(reply);
    const isHeld = Number(untilMs) > (this.#broker?.serverNowMs() ?? 0);
    return isHeld ? { instance, term: Number(term) } : undefined;
  }

  #onStruck({ kind, target, at_ms: atMs }: Struck): void {
    this.#options.log(`  ${new Date(atMs).toISOString().slice(11, 23)} ${kind} ${target}`);
    const host = this.#hosts.find(({ name }) => name === target);
    if (kind === 'agents-kill' && host) {
      const held = this.#feed?.heldBy(host.agentIds) ?? [];
      this.#killed.push({ atMs, host: target, overHttp: target.includes('http'), held });
    }
    if (kind === 'router-kill') this.#takeovers.push(this.#measureTakeover(atMs));
  }

  /** From now, when the active router is killed, until another one holds the lease under a higher term. */
  async #measureTakeover(atMs: number): Promise<Recovery | undefined> {
    const before = await this.#leader();
    for (const startedAt = performance.now(); performance.now() - startedAt < TAKEOVER_WITHIN_MS; ) {
      const leader = await this.#leader();
      if (leader && before && leader.term > before.term) return { atMs, ms: Date.now() - atMs };
      await delay(LEADER_EVERY_MS);
    }
    return undefined;
  }

  #pids(): Map<string, number | undefined> {
    const services = this.#instances.map((name) => [name, this.#platform?.service(name).pid] as const);
    const hosts = this.#hosts.map(({ name, pid }) => [name, pid] as const);
    const broker = ['broker', this.#platform?.broker.pid] as const;
    return new Map([broker, ...services, ...hosts, ['load and proxies', process.pid]]);
  }

  async #collect(
    platform: Platform,
    broker: Broker,
    feed: TaskFeed,
    struck: readonly Struck[],
  ): Promise<HistoryEvent[]> {
    const losses = struck.flatMap(({ kind, at_ms }) => (kind === 'broker-restart-empty' ? [at_ms] : []));
    const client = new NovaClient({ baseUrl: platform.gatewayUrl, key: platform.adminKey });
    const records = this.#hosts.map(({ name }) => join(this.#files, `${name}.jsonl`));
    return collectHistory({ client, broker, feed, asked: this.#asked, records, losses });
  }

  async #recoveries(
    events: readonly HistoryEvent[],
    struck: readonly Struck[],
  ): Promise<ChaosReport['recoveries']> {
    const { overHttp, overStreams } = reassignments(events, this.#killed, struck);
    const takeovers = (await Promise.all(this.#takeovers)).flatMap((recovery) => recovery ?? []);
    return {
      agent_killed_over_http: overHttp,
      agent_killed_over_streams: overStreams,
      router_killed: takeovers.map((recovery) => disturbed(recovery, struck)),
      broker_restarted: firstDeliveries(events, struck),
    };
  }
}

/** Removes tasks whose end the feed did not show, because the broker lost it. */
async function forgetEnded(client: NovaClient, open: Set<string>): Promise<void> {
  for (const taskId of [...open].slice(0, ASK_MAX)) {
    const task = await client.getTask(taskId).catch(() => undefined);
    if (task !== undefined && isTerminal(task.status)) open.delete(taskId);
  }
}

function completedShare(events: readonly HistoryEvent[], plain: ReadonlySet<string>): number {
  const completed = new Set(
    events.flatMap((event) => (event.kind === 'end' && event.state === 'completed' ? [event.task_id] : [])),
  );
  return [...plain].filter((taskId) => completed.has(taskId)).length / plain.size;
}

const secondsSince = (startedAt: number): number => Math.round((performance.now() - startedAt) / 100) / 10;
