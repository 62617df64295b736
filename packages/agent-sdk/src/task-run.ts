// One run of one assignment: calls the handler, reports the start (or lets it travel with the end), progress and end.
import {
  type CriterionEvidence,
  needsWorkspace,
  type SuccessCriteria,
  type TaskAssignedV1,
} from '@nova-torch/protocol';
import type { Span } from '@nova-torch/tracing';
import { criteriaToCheck } from './criteria/check-task.ts';
import type { Prove } from './criteria/prove-in-workspace.ts';
import { type Ending, endingOfError, endingOfValue, failed } from './domain/ending.ts';
import {
  endReport,
  type ProgressUpdate,
  progressReport,
  type Report,
  startedReport,
} from './domain/reports.ts';
import type { AgentLogger } from './logger.ts';
import type { TaskContext, TaskHandler } from './task-context.ts';
import { type AbortCause, TaskAbortedError } from './task-failure.ts';

/** A task that ends sooner reports its start together with its end. */
export const COALESCE_MS = 50;
/** The span in which the host looks at what the criteria ask for. */
export const CHECK_SPAN = 'check criteria';
const PROGRESS_EVERY_MS = 200;

const SILENT: ReadonlySet<AbortCause> = new Set(['stopped', 'superseded', 'agent_gone']);

export interface RunOptions {
  readonly assigned: TaskAssignedV1;
  readonly handler: TaskHandler;
  /** Checks what the task's criteria ask of the workspace; undefined when there is none. */
  readonly prove: Prove | undefined;
  readonly context: Omit<TaskContext, 'signal' | 'progress' | 'logger'>;
  readonly logger: AgentLogger;
  /** Of this run; ended when its end is known. */
  readonly span: Span;
  readonly nowMs: () => number;
  /** The start was reported already, when it was asked for. */
  readonly startReported: boolean;
  /** How long an aborted handler may take before its end is reported without it, in ms. */
  readonly abortGraceMs: number;
  /** Stores a start or progress report. */
  readonly report: (report: Report) => void;
}

export class TaskRun {
  readonly #options: RunOptions;
  readonly #controller = new AbortController();
  readonly #graceOver = Promise.withResolvers<void>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #startedAtMs = 0;
  #startReported: boolean;
  #waitingProgress: ProgressUpdate | undefined;
  #progressTimer: NodeJS.Timeout | undefined;
  #over = false;

  constructor(options: RunOptions) {
    this.#options = options;
    this.#startReported = options.startReported;
  }

  /** Why it was told to end, if it was. */
  get abortedBy(): AbortCause | undefined {
    const { reason } = this.#controller.signal;
    return reason instanceof TaskAbortedError ? reason.why : undefined;
  }

  /** Tells the handler to end. Only the first cause counts. */
  abort(why: AbortCause, message: string): void {
    if (this.#controller.signal.aborted || this.#over) return;
    this.#controller.abort(new TaskAbortedError(why, message));
    this.#after(this.#options.abortGraceMs, () => this.#graceOver.resolve());
  }

  /**
   * Runs the handler. `ended` is called once with the final report, or with undefined when none is wanted; the promise
   * resolves when the handler's code has ended, which may be later. Never rejects.
   */
  async execute(ended: (report: Report | undefined) => void): Promise<void> {
    const { assigned, nowMs } = this.#options;
    this.#startedAtMs = nowMs();
    if (!this.#startReported) this.#after(COALESCE_MS, () => this.#reportStart());
    const timeoutMs = assigned.payload.spec.timeout * 1000;
    this.#after(timeoutMs, () => this.abort('timeout', `it ran longer than its ${timeoutMs / 1000} s`));
    const ending = this.#call();
    const first = await Promise.race([ending, this.#graceOver.promise]);
    this.#over = true;
    for (const timer of this.#timers) clearTimeout(timer);
    clearTimeout(this.#progressTimer);
    const report = this.#finalReport(first ?? failed('AGENT_REPORTED', 'the handler did not end'));
    this.#endSpan(report);
    ended(report);
    await ending;
  }

  async #call(): Promise<Ending> {
    const { assigned, handler, prove, context, logger } = this.#options;
    const { spec, task_id } = assigned.payload;
    try {
      const toCheck = criteriaToCheck(spec);
      if (prove !== undefined && toCheck !== undefined) {
        return endingOfValue({ evidence: await this.#prove(prove, toCheck) });
      }
      const value = await handler(
        { ...spec, task_id },
        {
          ...context,
          logger,
          signal: this.#controller.signal,
          progress: (update) => this.#progress(update),
        },
      );
      return await this.#withEvidence(endingOfValue(value));
    } catch (error) {
      return endingOfError(error);
    }
  }

  /** A claim goes out with what was found in the workspace, unless the handler has looked itself. */
  async #withEvidence(ending: Ending): Promise<Ending> {
    const { assigned, prove } = this.#options;
    const { success_criteria: criteria } = assigned.payload.spec;
    if (ending.kind !== 'completed' || ending.evidence !== undefined) return ending;
    if (prove === undefined || !needsWorkspace(criteria)) return ending;
    return { ...ending, evidence: await this.#prove(prove, criteria) };
  }

  #prove(prove: Prove, criteria: SuccessCriteria): Promise<CriterionEvidence[]> {
    const { logger, context } = this.#options;
    return context.inSpan(CHECK_SPAN, () => prove(criteria, { logger, signal: this.#controller.signal }));
  }

  #endSpan(report: Report | undefined): void {
    const { span, context } = this.#options;
    span.set({
      'nova_torch.task.attempt': context.attempt,
      'nova_torch.task.epoch': context.epoch,
      'nova_torch.run.aborted_by': this.abortedBy,
    });
    span.end(report?.type === 'report.failed.v1' ? report.payload.message : undefined);
  }

  #finalReport(ending: Ending): Report | undefined {
    const { assigned, nowMs } = this.#options;
    const why = this.abortedBy;
    if (why !== undefined && SILENT.has(why)) return undefined;
    const startedAtMs = this.#startReported ? undefined : this.#startedAtMs;
    return endReport(assigned, this.#endingWhenAborted() ?? ending, nowMs(), startedAtMs);
  }

  #endingWhenAborted(): Ending | undefined {
    const why = this.abortedBy;
    const { reason } = this.#controller.signal;
    if (why === 'timeout') return failed('TIMEOUT', reason.message);
    if (why === 'drained') return failed('AGENT_DRAINED', reason.message);
    return undefined;
  }

  #reportStart(): void {
    if (this.#startReported || this.#controller.signal.aborted) return;
    this.#startReported = true;
    this.#options.report(startedReport(this.#options.assigned, this.#startedAtMs));
    this.#sendProgress();
  }

  #progress(update: ProgressUpdate): void {
    if (this.#over || this.#controller.signal.aborted) return;
    this.#waitingProgress = { ...this.#waitingProgress, ...update };
    if (this.#progressTimer === undefined) this.#sendProgress();
  }

  /** Sends the newest progress, then no other for a while; waits until the start is reported. */
  #sendProgress(): void {
    const update = this.#waitingProgress;
    if (update === undefined || !this.#startReported || this.#over || this.#controller.signal.aborted) return;
    this.#waitingProgress = undefined;
    this.#options.report(progressReport(this.#options.assigned, update, this.#options.nowMs()));
    this.#progressTimer = setTimeout(() => {
      this.#progressTimer = undefined;
      this.#sendProgress();
    }, PROGRESS_EVERY_MS);
  }

  #after(ms: number, act: () => void): void {
    this.#timers.add(setTimeout(act, ms));
  }
}
