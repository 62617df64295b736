// Gives waiting tasks to free agents. Woken by whatever may have made a match possible; many wakes in one turn of the
// event loop make one round. It does not poll.
import type { TaskId } from '@nova-torch/protocol';
import type { Logger } from '@nova-torch/service-kit';
import { type AssignmentPeriods, assign } from '../domain/assign.ts';
import { openDraft } from '../domain/draft.ts';
import type { IndexedAgent } from '../domain/indexed-agent.ts';
import { type Match, type MatchPlan, type Parked, planMatches } from '../domain/match.ts';
import { freedBy } from '../domain/parked.ts';
import type { MatchTerms } from '../domain/placement.ts';
import type { Routing } from '../domain/routing.ts';
import type { TaskRecord } from '../domain/task-record.ts';
import type { Line } from '../domain/waiting-lines.ts';
import type { RouterMetrics } from '../metrics.ts';
import { isApplied, NotLeaderError, type Verdict } from '../store/apply-transitions.ts';
import type { IndexReader } from '../store/read-indexes.ts';
import type { TaskReader } from '../store/read-tasks.ts';
import { readDependencyResults } from './dependency-results.ts';
import type { Ledger } from './ledger.ts';
import type { Memory } from './memory.ts';

/** Assignments planned in one go. */
const ROUND_MAX = 256;
const AFTER_TROUBLE_MS = 200;

export interface MatcherOptions {
  readonly memory: Memory;
  readonly ledger: Ledger;
  readonly tasks: TaskReader;
  readonly indexes: IndexReader;
  readonly periods: AssignmentPeriods;
  readonly routing: Routing;
  readonly metrics: RouterMetrics;
  readonly logger: Logger;
  readonly nowMs: () => number;
  readonly newLease: () => string;
}

export class Matcher {
  readonly #options: MatcherOptions;
  #dirty = new Set<Line>();
  #scheduled = false;
  #stopped = false;
  #running: Promise<void> | undefined;
  readonly #writing = new Set<Promise<void>>();
  readonly #timers = new Set<NodeJS.Timeout>();
  /** Tasks for which only agents were free that rest, or have what the task is kept apart from. */
  readonly #parked = new Set<Parked>();

  constructor(options: MatcherOptions) {
    this.#options = options;
  }

  /** These lines may have a match now. */
  wake(lines: Iterable<Line>): void {
    if (this.#stopped) return;
    for (const line of lines) this.#dirty.add(line);
    if (this.#scheduled || this.#running !== undefined || this.#dirty.size === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#stopped) return;
      this.#running = this.#run().finally(() => {
        this.#running = undefined;
        this.wake([]);
      });
    });
  }

  /** Puts tasks that were set aside back into their lines: all, or those that this agent may take. */
  unpark(agent?: IndexedAgent): void {
    if (this.#parked.size === 0) return;
    const { memory } = this.#options;
    const lines = new Set<Line>();
    const back =
      agent === undefined ? [...this.#parked] : freedBy(agent, this.#parked, memory.agents, this.#terms());
    for (const parked of back) {
      const { line, waiter } = parked;
      this.#parked.delete(parked);
      memory.lines.putBack(line, waiter);
      lines.add(line);
    }
    this.wake(lines);
  }

  /** Resolves when nothing is going on any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#running;
    await Promise.all(this.#writing);
  }

  async #run(): Promise<void> {
    while (this.#dirty.size > 0 && !this.#stopped) {
      const lines = this.#dirty;
      this.#dirty = new Set();
      await this.#round(lines);
    }
  }

  async #round(lines: ReadonlySet<Line>): Promise<void> {
    const { memory } = this.#options;
    const recordOf = (taskId: TaskId): TaskRecord | undefined => memory.records.get(taskId);
    const plan = planMatches(lines, memory.lines, memory.agents, recordOf, ROUND_MAX, this.#terms());
    for (const one of plan.parked) this.#parked.add(one);
    if (plan.matches.length > 0) this.#write(plan.matches);
    for (const line of plan.unfinished) this.#dirty.add(line);
    if (plan.dry.length === 0 && plan.unread.length === 0) return;
    try {
      await Promise.all([this.#loadWindows(plan.dry), this.#readRecords(plan.unread)]);
      for (const line of [...plan.dry, ...plan.unread.map(({ line: one }) => one)]) this.#dirty.add(line);
    } catch (error) {
      this.#trouble(error, lines);
    }
  }

  #terms(): MatchTerms {
    const { routing, nowMs, memory } = this.#options;
    return { routing, resting: memory.resting, held: memory.held, nowMs: nowMs() };
  }

  #write(matches: readonly Match[]): void {
    const writing = this.#assign(matches).finally(() => this.#writing.delete(writing));
    this.#writing.add(writing);
  }

  async #assign(matches: readonly Match[]): Promise<void> {
    const { ledger, periods, tasks, nowMs, newLease, metrics, memory } = this.#options;
    const lines = new Set(matches.map(({ line }) => line));
    const results = await readDependencyResults(
      tasks,
      matches.map(({ record }) => record),
    ).catch((error: unknown) => {
      for (const { agent, record } of matches) {
        memory.agents.cancel(agent);
        memory.held.expectNot(record.task_id);
      }
      this.#giveBack(matches);
      this.#trouble(error, lines);
      return undefined;
    });
    if (results === undefined) return;
    const atMs = nowMs();
    const entries = matches.map(({ record, agent, grounds }) => {
      const dependencyResults = results.get(record.task_id) ?? {};
      const given = { agentId: agent.id, lease: newLease(), dependencyResults, nowMs: atMs };
      const assignment = { ...periods, ...given, grounds };
      return { draft: assign(openDraft(record), assignment), agent };
    });
    try {
      const verdicts = await ledger.write(entries);
      for (const [i, match] of matches.entries()) await this.#settle(match, verdicts[i], atMs);
      metrics.assignments.inc({ path: 'matched' }, verdicts.filter(isApplied).length);
    } catch (error) {
      this.#giveBack(matches);
      this.#trouble(error, lines);
    }
  }

  async #settle(match: Match, verdict: Verdict | undefined, atMs: number): Promise<void> {
    const { memory, tasks, metrics } = this.#options;
    const { line, waiter, record } = match;
    if (isApplied(verdict)) {
      const { priority } = record.spec;
      metrics.waitDuration.observe({ priority }, (atMs - (record.live.ready_at_ms ?? atMs)) / 1000);
      return;
    }
    if (verdict === 'no-slot' || verdict === 'no-inbox') {
      memory.records.set(record);
      memory.lines.putBack(line, waiter);
    } else {
      const now = await tasks.record(waiter.taskId);
      if (now?.state === 'ready') {
        memory.records.set(now);
        memory.lines.putBack(line, waiter);
      } else {
        memory.lines.removed(line, waiter);
      }
    }
    this.wake([line]);
  }

  /** Reads the first of lines whose window ran dry. */
  async #loadWindows(lines: MatchPlan['dry']): Promise<void> {
    const { memory, indexes } = this.#options;
    if (lines.length === 0) return;
    const asked = new Map(lines.map((line) => [line, memory.lines.beginLoad(line)]));
    try {
      const count = Math.max(...asked.values());
      const read = await indexes.lines(
        lines.map(({ name }) => name),
        count,
      );
      for (const [i, line] of lines.entries()) {
        const { first = [], size = 0 } = read[i] ?? {};
        memory.lines.loaded(line, first, count, size);
      }
    } catch (error) {
      for (const line of lines) memory.lines.loadFailed(line);
      throw error;
    }
  }

  /** Reads the records of the next tasks of lines; a task that does not wait any more leaves its line. */
  async #readRecords(unread: MatchPlan['unread']): Promise<void> {
    const { memory, tasks } = this.#options;
    const ids = unread.flatMap(({ waiters }) => waiters.map(({ taskId }) => taskId));
    const found: ReadonlyMap<TaskId, TaskRecord> = await tasks.records(ids);
    for (const { line, waiters } of unread) {
      for (const waiter of waiters) {
        const record = found.get(waiter.taskId);
        if (record?.state === 'ready') memory.records.set(record);
        else memory.lines.removed(line, waiter);
      }
    }
  }

  #giveBack(matches: readonly Match[]): void {
    for (const { line, waiter } of matches) this.#options.memory.lines.putBack(line, waiter);
  }

  /** Tries again a little later, unless this router is not the active one any more. */
  #trouble(error: unknown, lines: Iterable<Line>): void {
    if (this.#stopped || error instanceof NotLeaderError) return;
    this.#options.logger.warn({ err: error }, 'a round of matching failed, trying again');
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.wake(lines);
    }, AFTER_TROUBLE_MS);
    this.#timers.add(timer);
  }
}
