// Carries out assignments: the book (domain/assignment-book.ts) decides, this file acts.
//
// T1 An entry is acknowledged together with the first stored report of its run, never before (I4).
// T2 An assignment past its lease starts only after the router said yes (section 4a of the design).
// T3 A slot is free again when the handler's code has ended and its report is stored, stale or refused.
import { type AgentId, INBOX_GROUP, INBOXES, type TaskAssignedV1, type TaskId } from '@nova-torch/protocol';
import { isSampled, messageAttributes, type Span, type Tracing, withSpan } from '@nova-torch/tracing';
import type { Prove } from './criteria/prove-in-workspace.ts';
import { AssignmentBook, type Held } from './domain/assignment-book.ts';
import { failed } from './domain/ending.ts';
import { endReport, type Report, returnedReport } from './domain/reports.ts';
import { type AgentLogger, withFields } from './logger.ts';
import type { Outbox, Stored } from './outbox.ts';
import { backoffMs, pause } from './pause.ts';
import type { TaskContext, TaskHandler } from './task-context.ts';
import type { AbortCause } from './task-failure.ts';
import { TaskRun } from './task-run.ts';
import type { AgentTransport, Claim } from './transport/agent-transport.ts';

/** Assignments that may wait beside the running ones before further ones are given back. */
const WAITING_MAX = 64;
/** Ended or stopped tasks remembered, so that a late copy is known as stale. */
const MEMORY_MAX = 10_000;
/** The stream of reports, as spans name it. */
const REPORTS = 'tasks.reports';
const CLAIM_RETRY = { firstMs: 100, maxMs: 1_000 };

export interface TaskLoopOptions {
  readonly capacity: number;
  readonly handler: TaskHandler;
  /** Checks what a task's criteria ask of the workspace; undefined when there is none. */
  readonly prove?: Prove | undefined;
  readonly outbox: Outbox;
  readonly transport: Pick<AgentTransport, 'claim' | 'serverNowMs' | 'access'>;
  readonly sendMessage: TaskContext['sendMessage'];
  readonly logger: AgentLogger;
  readonly tracing: Tracing;
  /** How long an aborted handler may take before its end is reported without it, in ms. */
  readonly abortGraceMs: number;
}

export class TaskLoop {
  readonly #options: TaskLoopOptions;
  readonly #book: AssignmentBook;
  readonly #runs = new Map<Held, TaskRun>();
  readonly #idle = new Set<() => void>();
  #draining: string | undefined;

  constructor(options: TaskLoopOptions) {
    this.#options = options;
    this.#book = new AssignmentBook({
      capacity: options.capacity,
      waitingMax: WAITING_MAX,
      memoryMax: MEMORY_MAX,
    });
  }

  /** How many more assignments can begin at once. */
  get free(): number {
    return this.#draining === undefined ? Math.max(0, this.#book.free) : 0;
  }

  /** Ids of all tasks in hand, each once. */
  currentTasks(): TaskId[] {
    return [...new Set(this.#book.all().map((held) => held.assigned.payload.task_id))];
  }

  /** Takes an assignment from the inbox. */
  take(assigned: TaskAssignedV1, entryId: string): void {
    if (this.#draining !== undefined && !this.#book.get(assigned.payload.task_id, assigned.payload.epoch)) {
      this.#giveBack(assigned, [entryId], this.#draining);
      return;
    }
    const offer = this.#book.offer(assigned, entryId);
    switch (offer.kind) {
      case 'taken':
        for (const older of offer.superseded) this.#end(older, 'superseded', 'the task was assigned anew');
        this.#beginMore();
        return;
      case 'repeat':
        if (offer.settled) this.#acknowledge(assigned.payload.agent_id, [entryId]);
        return;
      case 'stale':
        this.#acknowledge(assigned.payload.agent_id, [entryId]);
        return;
      case 'full':
        this.#giveBack(assigned, [entryId], 'the agent has too many assignments waiting');
        return;
    }
  }

  /** Ends the work on a task under this epoch or a lower one; nothing of it is reported any more. */
  stopTask(taskId: TaskId, epoch: number, reason: string): void {
    for (const held of this.#book.close(taskId, epoch)) this.#end(held, 'stopped', reason);
    this.#beginMore();
  }

  /** Ends all work. Under a cause that is reported (drained), what has not begun is given back. */
  abortAll(why: AbortCause, message: string): void {
    for (const held of this.#book.all()) this.#end(held, why, message);
    this.#beginMore();
  }

  /** From now on nothing begins: what has not begun, and what still arrives, is given back. Idempotent. */
  drain(reason: string): void {
    this.#draining ??= reason;
    for (const held of this.#book.all()) if (!this.#runs.has(held)) this.#end(held, 'drained', reason);
  }

  /** Resolves when nothing is in hand. */
  idle(): Promise<void> {
    if (this.#book.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.add(resolve));
  }

  #end(held: Held, why: AbortCause, message: string): void {
    const run = this.#runs.get(held);
    if (run) {
      if (held.phase === 'begun') held.phase = 'ending';
      run.abort(why, message);
      if (why !== 'drained') this.#withdrawReports(held);
      return;
    }
    if (held.phase === 'reporting') {
      if (why !== 'drained') this.#withdrawReports(held);
      return;
    }
    if (why === 'drained') this.#giveBack(held.assigned, held.entryIds, message);
    else this.#acknowledge(held.assigned.payload.agent_id, held.entryIds);
    this.#release(held);
  }

  #beginMore(): void {
    while (this.#draining === undefined) {
      const held = this.#book.begin();
      if (!held) return;
      void this.#begin(held);
    }
  }

  async #begin(held: Held): Promise<void> {
    const { lease_until_ms } = held.assigned.payload;
    let startReported = false;
    if (this.#options.transport.serverNowMs() >= lease_until_ms) {
      const claim = await this.#claim(held);
      if (claim === undefined) return;
      startReported = claim.started;
    }
    if (startReported) {
      held.settled = true;
      this.#acknowledge(held.assigned.payload.agent_id, held.entryIds.splice(0));
    }
    this.#run(held, startReported);
  }

  /** Asks until there is an answer (T2); undefined when the assignment is not to start. */
  async #claim(held: Held): Promise<Claim | undefined> {
    const { transport, logger } = this.#options;
    for (let failures = 1; this.#isHeld(held); failures += 1) {
      try {
        const claim = await transport.claim(held.assigned);
        if (!this.#isHeld(held)) return undefined;
        if (claim.granted) return claim;
        logger.info({ ...idsOf(held), reason: claim.reason }, 'assignment is no longer ours');
        this.#end(held, 'stopped', claim.reason);
        this.#beginMore();
        return undefined;
      } catch (error) {
        logger.warn({ ...idsOf(held), err: error }, 'no answer whether an old assignment may start');
        await pause(backoffMs(failures, CLAIM_RETRY));
      }
    }
    return undefined;
  }

  #run(held: Held, startReported: boolean): void {
    const { handler, prove, transport, sendMessage, abortGraceMs, tracing } = this.#options;
    const span = tracing.startMessageSpan(receivedOf(held));
    // What is reported of the run belongs to its span.
    const assigned = { ...held.assigned, traceparent: span.traceparent };
    const { agent_id, epoch, attempt, last_error, dependency_results } = assigned.payload;
    const logger = withFields(this.#options.logger, idsOf(held));
    const run = new TaskRun({
      assigned,
      handler,
      prove,
      logger,
      span,
      startReported,
      abortGraceMs,
      nowMs: () => transport.serverNowMs(),
      context: {
        agentId: agent_id,
        epoch,
        attempt,
        lastError: last_error,
        dependencyResults: dependency_results,
        traceparent: span.traceparent,
        inSpan: (name, work, options) =>
          withSpan(tracing, name, { ...options, traceparent: span.traceparent }, work),
        access: transport.access(agent_id),
        sendMessage,
      },
      report: (report) => void this.#report(held, report),
    });
    this.#runs.set(held, run);
    const reported = Promise.withResolvers<void>();
    const codeEnded = run.execute((report) => {
      if (held.phase === 'begun') held.phase = 'reporting';
      void this.#reportEnd(held, report).then(reported.resolve);
    });
    void Promise.all([codeEnded, reported.promise]).then(() => {
      this.#runs.delete(held);
      this.#release(held);
      this.#beginMore();
    });
  }

  async #report(held: Held, report: Report): Promise<Stored> {
    const { agent_id, lease_until_ms: leaseUntilMs } = held.assigned.payload;
    const entryIds = held.settled ? [] : [...held.entryIds];
    const replaceKey = report.type === 'report.progress.v1' ? progressKey(held) : undefined;
    const span = this.#sendSpan(report);
    const sent = span === undefined ? report : { ...report, traceparent: span.traceparent };
    const settlement = { agentId: agent_id, entryIds, report: sent, leaseUntilMs };
    const stored = await this.#options.outbox.add(settlement, replaceKey);
    span?.end(stored.kind === 'refused' ? stored.detail : undefined);
    if (stored.kind === 'dropped') return stored;
    if (stored.kind !== 'stored') {
      this.#options.logger.warn({ ...idsOf(held), type: report.type, stored }, 'a report was not taken');
    }
    held.settled = true;
    const late = held.entryIds.filter((id) => !entryIds.includes(id));
    held.entryIds = [];
    if (late.length > 0) this.#acknowledge(agent_id, late);
    if (stored.kind === 'stale') this.#runs.get(held)?.abort('stopped', 'the assignment is stale');
    return stored;
  }

  /** The way of a final report to its stream, which an outage makes long. The others come too often. */
  #sendSpan(report: Report): Span | undefined {
    const { traceparent, type } = report;
    const isEnd = type === 'report.completed.v1' || type === 'report.failed.v1';
    if (!isEnd || traceparent === undefined || !isSampled(traceparent)) return undefined;
    return this.#options.tracing.startSendSpan(REPORTS, {
      traceparent,
      attributes: messageAttributes(report),
    });
  }

  async #reportEnd(held: Held, report: Report | undefined): Promise<void> {
    if (report === undefined) {
      this.#acknowledge(held.assigned.payload.agent_id, held.entryIds.splice(0));
      return;
    }
    const stored = await this.#report(held, report);
    if (stored.kind !== 'refused' || report.type !== 'report.completed.v1') return;
    // A result nobody can take must not leave the task open until its time is over (I6).
    const ending = failed('REPORT_REFUSED', stored.detail, { retryable: false });
    await this.#report(held, endReport(held.assigned, ending, this.#options.transport.serverNowMs()));
  }

  #giveBack(assigned: TaskAssignedV1, entryIds: readonly string[], reason: string): void {
    const report = returnedReport(assigned, reason, this.#options.transport.serverNowMs());
    void this.#options.outbox.add({ agentId: assigned.payload.agent_id, entryIds, report });
  }

  #acknowledge(agentId: AgentId, entryIds: readonly string[]): void {
    if (entryIds.length > 0) void this.#options.outbox.add({ agentId, entryIds: [...entryIds] });
  }

  #withdrawReports(held: Held): void {
    const { task_id, epoch } = held.assigned.payload;
    this.#options.outbox.withdraw(({ payload }) => payload.task_id === task_id && payload.epoch === epoch);
  }

  #isHeld(held: Held): boolean {
    const { task_id, epoch } = held.assigned.payload;
    return this.#book.get(task_id, epoch) === held;
  }

  #release(held: Held): void {
    this.#book.release(held);
    if (this.#book.size > 0) return;
    for (const resolve of this.#idle) resolve();
    this.#idle.clear();
  }
}

const receivedOf = ({ assigned }: Held) => ({
  message: assigned,
  stream: `${INBOXES}.${assigned.payload.agent_id}`,
  group: INBOX_GROUP,
});

const idsOf = ({ assigned: { payload, traceparent } }: Held) => ({
  task_id: payload.task_id,
  agent_id: payload.agent_id,
  epoch: payload.epoch,
  ...(traceparent === undefined ? {} : { trace_id: traceparent.slice(3, 35) }),
});

const progressKey = ({ assigned: { payload } }: Held): string =>
  `progress ${payload.task_id} ${payload.epoch}`;
