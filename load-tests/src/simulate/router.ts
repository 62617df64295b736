// The task-router without broker and clock: its own decisions about records, its own memory of lines, agents and rests, in
// the order in which the active router goes through them. What it writes takes no time.
import {
  type AgentId,
  type AgentStatus,
  newMessage,
  ReportCompletedV1,
  ReportFailedV1,
  type TaskId,
} from '@nova-torch/protocol';
import { type AttemptCounts, performanceOf } from '@nova-torch/registry';
import {
  type AgentIndex,
  admit,
  assign,
  becomeReady,
  type Draft,
  freedBy,
  freeSlots,
  HeldTasks,
  type Line,
  lineOf,
  loseAttempt,
  type Match,
  type MatchTerms,
  openDraft,
  type Parked,
  planMatches,
  RestingAgents,
  settleReport,
  type TaskRecord,
  WaitingLines,
  waitingScore,
} from '@nova-torch/task-router';
import type { Draw } from './draws.ts';
import { StoredLines } from './stored-lines.ts';
import type { Strategy } from './strategies/strategy.ts';
import type { World } from './world.ts';

/** As the task-router has them by default: assignments planned in one go, its periods, when agents rest. */
const ROUND_MAX = 256;
const PERIODS = { leaseMs: 10_000, startTimeoutMs: 30_000 };
const RESTS = { afterFailures: 3, firstMs: 30_000, longestMs: 600_000 };
const TRACEPARENT = '00-00000000000000000000000000000000-0000000000000000-00';
const LEASE = 'simulated';

/** A task as it is submitted. */
export type Submission = Pick<TaskRecord, 'task_id' | 'spec' | 'submitter'>;

/** What becomes of a task whose attempt ended. */
export type Next =
  | { readonly kind: 'ended'; readonly completed: boolean }
  /** It waits again. */
  | { readonly kind: 'ready' }
  /** It waits again from then on. */
  | { readonly kind: 'scheduled'; readonly atMs: number };

export interface RouterHooks {
  /** An agent begins with a task. */
  started(record: TaskRecord, agentId: AgentId): void;
  /** An agent begins to rest: then its rest ends. */
  restsUntil(endMs: number): void;
}

export class SimulatedRouter {
  readonly index: AgentIndex;
  readonly #strategy: Strategy;
  readonly #hooks: RouterHooks;
  readonly #draw: Draw;
  readonly #lines = new WaitingLines();
  readonly #stored = new StoredLines();
  readonly #held = new HeldTasks();
  readonly #resting = new RestingAgents(RESTS);
  readonly #records = new Map<TaskId, TaskRecord>();
  readonly #counts = new Map<AgentId, AttemptCounts>();
  readonly #parked = new Set<Parked>();
  #dirty = new Set<Line>();

  constructor(strategy: Strategy, world: World, draw: Draw, hooks: RouterHooks) {
    this.#strategy = strategy;
    this.#draw = draw;
    this.#hooks = hooks;
    this.index = strategy.newIndex(draw, world);
    for (const { record } of world.fleet) this.index.put(record);
  }

  /** Tasks that have not ended. */
  get open(): number {
    return this.#records.size;
  }

  submit(submission: Submission, nowMs: number): void {
    const moment = { submitted_at_ms: nowMs, traceparent: TRACEPARENT, answer: false };
    const admission = admit({ ...submission, ...moment }, new Map(), nowMs);
    if (admission.kind !== 'admitted') throw new Error(admission.detail);
    this.#enqueue(this.#write(admission.draft, nowMs));
  }

  /** The delay before the next attempt is over. */
  wake(taskId: TaskId, nowMs: number): void {
    const draft = becomeReady(openDraft(this.#recordOf(taskId)), nowMs, 'the delay is over');
    this.#enqueue(this.#write(draft, nowMs));
  }

  /** The agent reports the end of its attempt. */
  report(taskId: TaskId, succeeded: boolean, nowMs: number): Next {
    const record = this.#recordOf(taskId);
    const { epoch, live } = record;
    const agentId = live.agent_id as AgentId;
    const claim = { task_id: taskId, agent_id: agentId, epoch, lease: LEASE };
    const startedAtMs = live.assigned_at_ms ?? nowMs;
    const envelope = { sender: agentId, target: 'task-router', nowMs };
    const report = succeeded
      ? newMessage(ReportCompletedV1, { ...claim, started_at_ms: startedAtMs }, envelope)
      : newMessage(
          ReportFailedV1,
          {
            ...{ ...claim, started_at_ms: startedAtMs, code: 'AGENT_REPORTED', message: 'it failed' },
            ...{ retryable: true, returned: false },
          },
          envelope,
        );
    const settlement = settleReport(openDraft(record), report, { nowMs, random: this.#draw });
    if (settlement.kind !== 'settled') throw new Error(`${taskId}: ${JSON.stringify(settlement)}`);
    const next = this.#leave(settlement.draft, agentId, nowMs);
    this.#count(agentId, succeeded, (nowMs - startedAtMs) / 1_000);
    this.#freed(agentId, nowMs);
    return next;
  }

  /** The agent is gone; answers with what becomes of each task it had. */
  lose(agentId: AgentId, nowMs: number): (readonly [TaskId, Next])[] {
    this.#setStatus(agentId, 'offline');
    return this.#held.of(agentId).map((taskId) => {
      const error = { code: 'AGENT_LOST', message: 'it left' };
      const draft = loseAttempt(openDraft(this.#recordOf(taskId)), { error, actor: 'task-router' }, nowMs);
      const next = this.#leave(draft, agentId, nowMs);
      this.#count(agentId, false, 0);
      return [taskId, next];
    });
  }

  /** The agent is back, without tasks. */
  comeBack(agentId: AgentId, nowMs: number): void {
    this.#setStatus(agentId, 'idle');
    this.#freed(agentId, nowMs);
  }

  /** A rest is over: what was set aside may go. */
  restEnded(): void {
    for (const parked of [...this.#parked]) this.#putBack(parked);
  }

  /** Gives waiting tasks to free agents, as long as anything may have become possible. */
  match(nowMs: number): void {
    while (this.#dirty.size > 0) {
      const lines = this.#dirty;
      this.#dirty = new Set();
      const recordOf = (taskId: TaskId) => this.#records.get(taskId);
      const plan = planMatches(lines, this.#lines, this.index, recordOf, ROUND_MAX, this.#terms(nowMs));
      for (const one of plan.parked) this.#parked.add(one);
      for (const match of plan.matches) this.#assign(match, nowMs);
      for (const line of plan.unfinished) this.#dirty.add(line);
      for (const line of plan.dry) this.#load(line);
      if (plan.unread.length > 0) throw new Error('a waiting task has no record');
    }
  }

  #terms(nowMs: number): MatchTerms {
    return { routing: this.#strategy.routing, resting: this.#resting, held: this.#held, nowMs };
  }

  #recordOf(taskId: TaskId): TaskRecord {
    const record = this.#records.get(taskId);
    if (record === undefined) throw new Error(`${taskId} has ended, or never was`);
    return record;
  }

  /** What was decided is the record now. */
  #write(draft: Draft, nowMs: number): TaskRecord {
    const { record } = draft;
    if (record.state === 'completed' || record.state === 'failed') this.#records.delete(record.task_id);
    else this.#records.set(record.task_id, record);
    const restsUntilMs = this.#strategy.rests ? this.#resting.observe(draft, nowMs) : undefined;
    if (restsUntilMs !== undefined) this.#hooks.restsUntil(restsUntilMs);
    return record;
  }

  #enqueue(record: TaskRecord): void {
    const name = this.#lineOf(record);
    const waiter = { taskId: record.task_id, score: this.#scoreOf(record) };
    this.#stored.add(name, waiter);
    const line = this.#lines.open(name, true);
    this.#lines.added(line, waiter);
    this.#dirty.add(line);
  }

  #lineOf(record: TaskRecord): string {
    if (this.#strategy.order === 'lines') return lineOf(record);
    return lineOf({ spec: { ...record.spec, priority: 'low' }, submitter: 'anybody' });
  }

  #scoreOf({ live, spec }: TaskRecord): number {
    return waitingScore(live.ready_at_ms ?? 0, this.#strategy.order === 'lines' ? spec.priority : 'low');
  }

  #load(line: Line): void {
    const asked = this.#lines.beginLoad(line);
    this.#lines.loaded(line, this.#stored.first(line.name, asked), asked, this.#stored.sizeOf(line.name));
    this.#dirty.add(line);
  }

  #assign({ line, waiter, record, agent, grounds }: Match, nowMs: number): void {
    const given = { agentId: agent.id, lease: LEASE, dependencyResults: {}, nowMs, grounds };
    const held = this.#write(assign(openDraft(record), { ...PERIODS, ...given }), nowMs);
    this.index.confirm(agent);
    this.#held.add(agent.id, record.task_id, record.spec.labels);
    this.#stored.remove(line.name, waiter);
    this.#lines.removed(line, waiter);
    this.#hooks.started(held, agent.id);
  }

  /** The task leaves its agent. */
  #leave(draft: Draft, agentId: AgentId, nowMs: number): Next {
    const record = this.#write(draft, nowMs);
    this.#held.remove(agentId, record.task_id);
    this.index.release(agentId);
    if (record.state === 'scheduled') return { kind: 'scheduled', atMs: record.live.retry_at_ms ?? nowMs };
    if (record.state !== 'ready') return { kind: 'ended', completed: record.state === 'completed' };
    this.#enqueue(record);
    return { kind: 'ready' };
  }

  #count(agentId: AgentId, completed: boolean, seconds: number): void {
    const before = this.#counts.get(agentId) ?? { completed: 0, failed: 0, seconds: 0 };
    const counts = {
      completed: before.completed + Number(completed),
      failed: before.failed + Number(!completed),
      seconds: before.seconds + (completed ? seconds : 0),
    };
    this.#counts.set(agentId, counts);
    const { record } = this.#agentOf(agentId);
    this.index.put({ ...record, performance: performanceOf(counts), version: record.version + 1 });
  }

  #setStatus(agentId: AgentId, status: AgentStatus): void {
    this.index.setStatus(agentId, status, this.#agentOf(agentId).record.version + 1);
  }

  #agentOf(agentId: AgentId) {
    const agent = this.index.get(agentId);
    if (agent === undefined) throw new Error(`${agentId} is not in the index`);
    return agent;
  }

  #freed(agentId: AgentId, nowMs: number): void {
    const agent = this.#agentOf(agentId);
    if (freeSlots(agent) === 0) return;
    for (const parked of freedBy(agent, this.#parked, this.index, this.#terms(nowMs))) this.#putBack(parked);
    for (const line of this.#lines.servedBy(agent)) this.#dirty.add(line);
  }

  #putBack(parked: Parked): void {
    this.#parked.delete(parked);
    this.#lines.putBack(parked.line, parked.waiter);
    this.#dirty.add(parked.line);
  }
}
