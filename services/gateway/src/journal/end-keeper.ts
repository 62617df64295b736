// Ends of kept tasks go to the journal: as the feed tells them, and at the latest before one is shown.
import { type Ending, type Journal, JournalUnavailableError } from '@nova-torch/journal';
import {
  isTerminal,
  NovaError,
  type TaskChange,
  TaskGetV1,
  type TaskId,
  TaskStateV1,
  type TaskView,
} from '@nova-torch/protocol';
import type { Logger } from '@nova-torch/service-kit';
import type { Asking } from '../asking.ts';
import type { JournalMetrics } from './journal-metrics.ts';

export interface EndKeeperOptions {
  readonly journal: Journal;
  readonly asking: Asking;
  /** The stream of questions about tasks. */
  readonly queries: string;
  readonly metrics: JournalMetrics;
  readonly logger: Logger;
}

/** Ended tasks asked about at one time. */
const ASKED_AT_ONCE = 16;

export class EndKeeper {
  readonly #options: EndKeeperOptions;
  /** Ended tasks whose end is still to be asked for, or could not be written. */
  readonly #due = new Set<TaskId>();
  #asking = 0;
  #kept = 0;

  constructor(options: EndKeeperOptions) {
    this.#options = options;
  }

  /** How many ends were kept so far. */
  get kept(): number {
    return this.#kept;
  }

  /** Takes a change from the feed. */
  onChange(change: TaskChange): void {
    const { journal } = this.#options;
    const { task_id: taskId, from, to } = change;
    const state = journal.stateOf(taskId);
    if (state === 'ended' && from !== 'none' && isTerminal(from) && !isTerminal(to)) this.#again(taskId);
    if (!isTerminal(to)) return;
    if (state === 'open' && change.result_omitted !== true) {
      void this.#keep(taskId, endOf(change));
    } else if (state === 'open' || (state === undefined && journal.isAwaited(taskId))) {
      this.#due.add(taskId);
      this.retry();
    }
  }

  /** Keeps the ends among these tasks; resolves when they are on the disk, or the journal cannot take them. */
  async beforeShown(tasks: readonly TaskView[]): Promise<void> {
    const { journal } = this.#options;
    const ended = tasks.filter(
      ({ task_id, status }) => isTerminal(status) && journal.stateOf(task_id) === 'open',
    );
    await Promise.all(ended.map((task) => this.#keep(task.task_id, endingOf(task))));
  }

  /** The same where only the states are at hand. */
  async beforeListed(tasks: readonly Pick<TaskView, 'task_id' | 'status'>[]): Promise<void> {
    const { journal } = this.#options;
    const ended = tasks.filter(
      ({ task_id, status }) => isTerminal(status) && journal.stateOf(task_id) === 'open',
    );
    await Promise.all(ended.map(({ task_id }) => this.fetch(task_id)));
  }

  /** Tasks that kept ones depend on: those that have ended already are kept too, the others once the feed tells their end. */
  noteAwaited(taskIds: readonly string[]): void {
    const unknown = taskIds.filter((taskId) => this.#options.journal.stateOf(taskId) === undefined);
    for (const taskId of unknown) this.#due.add(taskId as TaskId);
    if (unknown.length > 0) this.retry();
  }

  /** Asks for the ends that are due. */
  retry(): void {
    for (const taskId of this.#due) {
      if (this.#asking >= ASKED_AT_ONCE) return;
      this.#due.delete(taskId);
      this.#asking += 1;
      void this.fetch(taskId).finally(() => {
        this.#asking -= 1;
        if (this.#due.size > 0) setImmediate(() => this.retry());
      });
    }
  }

  /** Asks how a task ended and keeps it; what could not be asked or written is due. */
  async fetch(taskId: TaskId): Promise<void> {
    const { asking, queries, journal, logger } = this.#options;
    try {
      const { task } = await asking.ask({
        stream: queries,
        target: 'task-router',
        definition: TaskGetV1,
        payload: { task_id: taskId, history: false },
        answer: TaskStateV1,
      });
      if (!isTerminal(task.status)) return;
      if (journal.stateOf(taskId) === undefined) await journal.begin(submissionOf(task));
      await this.#keep(taskId, endingOf(task));
    } catch (error) {
      if (error instanceof NovaError && error.code === 'TASK_UNKNOWN') return;
      logger.debug({ task_id: taskId, err: error }, 'the end of a task could not be kept yet');
      // Asked for again by the upkeep, not at once.
      this.#due.add(taskId);
    }
  }

  async #keep(taskId: TaskId, ending: Ending): Promise<void> {
    const { journal, metrics, logger } = this.#options;
    try {
      if (await journal.end(ending)) this.#kept += 1;
    } catch (error) {
      if (!(error instanceof JournalUnavailableError)) throw error;
      metrics.refused.inc({ kind: 'end' });
      logger.warn(
        { task_id: taskId, err: error },
        'the end of a task could not be written to the journal yet',
      );
      this.#due.add(taskId);
    }
  }

  #again(taskId: TaskId): void {
    const { journal, metrics } = this.#options;
    journal.again(taskId).catch(() => metrics.refused.inc({ kind: 'task' }));
  }
}

function endOf(change: TaskChange): Ending {
  const { task_id, to, at_ms, epoch, attempt, agent_id, error, result } = change;
  return { task_id, status: to, ended_at_ms: at_ms, epoch, attempt, agent_id, error, result };
}

function endingOf(task: TaskView): Ending {
  const { task_id, status, ended_at_ms, started_at_ms, epoch, attempt, agent_id, error, result } = task;
  return {
    ...{ task_id, status, started_at_ms, epoch, attempt, agent_id, error, result },
    ended_at_ms: ended_at_ms ?? task.submitted_at_ms,
  };
}

const submissionOf = ({ task_id, spec, submitter, submitted_at_ms }: TaskView) => ({
  ...{ task_id, spec, submitter, submitted_at_ms },
});
