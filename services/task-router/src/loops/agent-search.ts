// Looks for agents that can do what waiting tasks demand and nobody alive can: asks the spawner, once per class of
// demand, and remembers what became of it (domain/wanted-agent.ts).
//
// F1. What is meant is stored before it is done: a request goes out only under a spawn id that is stored, so neither the
//     death of this router nor a second one at the same time starts two agents for one request.
// F2. News (answers, the feed agents.scaling) only change what is stored; what to do is decided from that, here alone.
// F3. Nothing waits for the spawner: matching goes on, and an answer that never comes is asked for again.
import {
  AgentSpawnV1,
  type Message,
  newMessage,
  newSpawnId,
  type SpawnId,
  type SpawnRecord,
} from '@nova-torch/protocol';
import { NoAnswerError, type Requester } from '@nova-torch/streams';
import type { ActiveDeps } from '../active/deps.ts';
import { classOf, readLineName } from '../domain/waiting.ts';
import type { Line } from '../domain/waiting-lines.ts';
import {
  afterRoom,
  agentDemand,
  ask,
  fail,
  isOpen,
  isServed,
  mayBeWanted,
  nextSearchStep,
  notice,
  refuse,
  repeat,
  type SearchPeriods,
  type SearchStep,
  searchedDemand,
  taken,
  takeSpawn,
  type WantedAgent,
} from '../domain/wanted-agent.ts';
import type { WantedAgents } from '../store/wanted-agents.ts';
import type { RunResult } from './wakeable-loop.ts';

export interface AgentSearchOptions {
  readonly deps: ActiveDeps;
  readonly store: WantedAgents;
  readonly requester: Requester<Message>;
  readonly spawningStream: string;
  readonly instance: string;
  /** Requests on the stream that the spawner has not done with. */
  readonly backlog: () => Promise<number>;
  readonly periods: SearchPeriods;
  /** Requests under way at once; 0: nobody is asked. */
  readonly openMax: number;
  /** A class whose agents all have no free slot for this long is noted, ms. */
  readonly busyMs: number;
  /** Whether it is known which agents there are. */
  readonly fleetKnown: () => boolean;
  /** There is news: `runOnce` is due. */
  readonly wake: () => void;
}

type News =
  | { readonly kind: 'spawn'; readonly spawn: SpawnRecord }
  | { readonly kind: 'refused'; readonly spawnId: SpawnId; readonly code: string; readonly detail: string }
  | { readonly kind: 'missed' };

/** Classes without a candidate that are remembered; further ones are when some of these are served. */
const WANTED_MAX = 1_000;
/** News kept until they are looked at; when there are more, the spawner is asked instead. */
const NEWS_MAX = 1_000;
/** Requests that lie on the stream, of anybody, beyond which no further one is sent. */
const BACKLOG_MAX = 10_000;

export class AgentSearch {
  readonly #options: AgentSearchOptions;
  /** As stored; undefined before it was read. */
  #wanted: Map<string, WantedAgent> | undefined;
  #news: News[] = [];
  readonly #busySince = new Map<string, number>();
  #unserved = 0;
  #busy = 0;
  /** Requests under way. */
  #open = 0;

  constructor(options: AgentSearchOptions) {
    this.#options = options;
  }

  /** Classes in which tasks wait and nobody alive can do them. */
  get unserved(): number {
    return this.#unserved;
  }

  /** Classes whose agents all have had no free slot for long. */
  get busy(): number {
    return this.#busy;
  }

  /** A class without tasks got its first. */
  onOpened(line: Line): void {
    if (this.#isUnserved(line)) this.#options.wake();
  }

  /** Something happened to a spawn. */
  onSpawn(spawn: SpawnRecord): void {
    this.#tell({ kind: 'spawn', spawn });
  }

  /** A request for an agent was refused. */
  onRefused(spawnId: SpawnId, refusal: { readonly code: string; readonly detail: string }): void {
    this.#tell({ kind: 'refused', spawnId, ...refusal });
  }

  /** News may have been missed: what is under way is asked about again. */
  onMissed(): void {
    this.#news = [];
    this.#tell({ kind: 'missed' });
  }

  async runOnce(): Promise<RunResult> {
    const { openMax, fleetKnown, deps } = this.#options;
    if (!fleetKnown()) return {};
    this.#noteBusy();
    const { lines, agents } = deps.memory;
    const unserved = new Set(
      [...lines.lines()]
        .filter((line) => this.#isUnserved(line))
        .map(({ demand }) => classOf(searchedDemand(agents, demand))),
    );
    this.#unserved = unserved.size;
    if (openMax === 0) return {};
    this.#wanted ??= await this.#load();
    await this.#takeNews(this.#wanted);
    this.#open = [...this.#wanted.values()].filter(isOpen).length;
    for (const className of new Set([...this.#wanted.keys(), ...unserved])) {
      await this.#look(this.#wanted, className, unserved.has(className));
    }
    return { nextAtMs: this.#nextDueMs(this.#wanted) };
  }

  async #load(): Promise<Map<string, WantedAgent>> {
    const { store, deps } = this.#options;
    const wanted = new Map<string, WantedAgent>();
    for (const one of await store.all()) wanted.set(one.className, one);
    for (const one of [...wanted.values()]) await this.#put(wanted, one.className, taken(one, deps.nowMs()));
    return wanted;
  }

  #isUnserved({ size, demand }: Line): boolean {
    return size > 0 && mayBeWanted(demand) && !isServed(this.#options.deps.memory.agents, demand);
  }

  async #look(wanted: Map<string, WantedAgent>, className: string, unserved: boolean): Promise<void> {
    const { deps, periods, openMax } = this.#options;
    const nowMs = deps.nowMs();
    const facts = { unserved, mayAsk: this.#open < openMax, nowMs };
    const step = nextSearchStep(wanted.get(className), facts, periods);
    await this.#do(wanted, className, step, nowMs);
  }

  async #do(
    wanted: Map<string, WantedAgent>,
    className: string,
    { kind }: SearchStep,
    nowMs: number,
  ): Promise<void> {
    const { deps, periods } = this.#options;
    const known = wanted.get(className);
    switch (kind) {
      case 'none':
        return;
      case 'notice':
        if (wanted.size < WANTED_MAX) await this.#put(wanted, className, notice(className, nowMs, periods));
        return;
      case 'forget':
        await this.#put(wanted, className, undefined);
        return;
      case 'give-up':
        if (known === undefined) return;
        this.#count('useless');
        await this.#put(wanted, className, fail(known, this.#whyUseless(known), nowMs, periods));
        return;
      case 'ask':
      case 'repeat': {
        if (known === undefined) return;
        const next =
          kind === 'ask'
            ? ask(known, newSpawnId(deps.partition, nowMs), nowMs, periods)
            : repeat(known, nowMs, periods);
        await this.#put(wanted, className, next);
        if (kind === 'ask') this.#open += 1;
        this.#count(kind === 'ask' ? 'asked' : 'repeated');
        await this.#send(next);
      }
    }
  }

  async #send({ className, spawnId }: WantedAgent): Promise<void> {
    const { deps, requester, spawningStream, instance, periods, backlog } = this.#options;
    if (spawnId === undefined) return;
    // Nobody reads them: one more would not be answered either, and they are kept until somebody does.
    if ((await backlog()) >= BACKLOG_MAX) return this.#count('backlog');
    const nowMs = deps.nowMs();
    const demand = agentDemand(readLineName(className).demand);
    const request = newMessage(
      AgentSpawnV1,
      { spawn_id: spawnId, demand, requested_by: 'task-router' },
      // A spawner that was away does not start what may not be wanted any more: it is asked again.
      { sender: instance, target: 'spawner', nowMs, expires_at: (nowMs + periods.answerMs) / 1000 },
    );
    deps.logger.info(
      { class: className, spawn_id: spawnId },
      'nobody alive can do it: an agent is asked for',
    );
    requester
      .request(spawningStream, request, { timeoutMs: periods.answerMs })
      .then((answer) => {
        if (answer.type === 'spawn.state.v1') this.onSpawn(answer.payload.spawn);
        else if (answer.type === 'request.refused.v1') this.onRefused(spawnId, answer.payload);
      })
      .catch((error: unknown) => {
        if (error instanceof NoAnswerError) this.#count('no_answer');
        else
          deps.logger.warn({ err: error, spawn_id: spawnId }, 'the spawner could not be asked, tried again');
      });
  }

  async #takeNews(wanted: Map<string, WantedAgent>): Promise<void> {
    while (this.#news.length > 0) {
      const news = this.#news[0];
      if (news === undefined) return;
      for (const one of [...wanted.values()])
        await this.#put(wanted, one.className, this.#changed(one, news));
      this.#news.shift();
    }
  }

  #changed(one: WantedAgent, news: News): WantedAgent {
    const { deps, periods } = this.#options;
    const nowMs = deps.nowMs();
    switch (news.kind) {
      case 'missed':
        return taken(one, nowMs);
      case 'refused':
        return news.spawnId === one.spawnId && isOpen(one) ? refuse(one, news, nowMs, periods) : one;
      case 'spawn': {
        const { state } = news.spawn;
        const ended = state === 'stopped' || state === 'failed';
        return takeSpawn(ended ? afterRoom(one, nowMs) : one, news.spawn, nowMs, periods);
      }
    }
  }

  /** Stores what changed, and then remembers it. Throws when somebody else stored something: then all is read anew. */
  async #put(
    wanted: Map<string, WantedAgent>,
    className: string,
    after: WantedAgent | undefined,
  ): Promise<void> {
    const { store, deps } = this.#options;
    const before = wanted.get(className);
    if (before === after) return;
    if (!(await store.put(deps.ledger.term, className, before, after))) {
      this.#wanted = undefined;
      throw new Error(`the search for ${className} was changed by somebody else`);
    }
    if (after === undefined) wanted.delete(className);
    else wanted.set(className, after);
    if (after !== undefined && before?.state !== after.state) this.#countState(after.state);
  }

  #countState(state: WantedAgent['state']): void {
    if (state === 'running') this.#count('started');
    if (state === 'refused' || state === 'failed') this.#count(state);
  }

  #count(outcome: string): void {
    this.#options.deps.metrics.spawnRequests.inc({ outcome });
  }

  #whyUseless({ agentId, template }: WantedAgent): string {
    const agent = agentId === undefined ? undefined : this.#options.deps.memory.agents.get(agentId);
    const what = `the agent started from the template ${template}`;
    if (agent === undefined) return `${what} is not registered any more`;
    const { role, status } = agent.record;
    const skills = [...agent.skills.keys()].join(', ') || 'none';
    return `${what} cannot do it: it is ${status}, its role is ${role}, its skills: ${skills}`;
  }

  /** Notes classes that have agents, all of them without a free slot for long; nobody is asked for more yet. */
  #noteBusy(): void {
    const { deps, busyMs } = this.#options;
    const { lines, agents } = deps.memory;
    const nowMs = deps.nowMs();
    this.#busy = 0;
    for (const className of [...this.#busySince.keys()]) {
      if (!lines.isWaitedIn(className)) this.#busySince.delete(className);
    }
    const waiting = [...lines.lines()].filter(({ size }) => size > 0);
    const demands = new Map(waiting.map(({ className, demand }) => [className, demand]));
    for (const [className, demand] of demands) {
      const free = agents.candidates(demand, 1).length > 0;
      if (free || !isServed(agents, demand)) {
        this.#busySince.delete(className);
        continue;
      }
      const sinceMs = this.#busySince.get(className) ?? nowMs;
      this.#busySince.set(className, sinceMs);
      if (nowMs - sinceMs >= busyMs) this.#busy += 1;
    }
  }

  #nextDueMs(wanted: ReadonlyMap<string, WantedAgent>): number | undefined {
    const nowMs = this.#options.deps.nowMs();
    let first: number | undefined;
    for (const { dueMs } of wanted.values()) {
      if (dueMs > nowMs) first = Math.min(first ?? dueMs, dueMs);
    }
    return first;
  }

  #tell(news: News): void {
    if (this.#news.length >= NEWS_MAX) this.#news = [{ kind: 'missed' }];
    this.#news.push(news);
    this.#options.wake();
  }
}
