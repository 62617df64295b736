// What the routes ask of the journal. A gateway without one takes tasks with `durability: memory` only.
import {
  dependenciesOf,
  type Ending,
  type Journal,
  JournalUnavailableError,
  type Submission,
} from '@nova-torch/journal';
import { type Durability, NovaError } from '@nova-torch/protocol';
import { BrokerReplyError, type Command, PayloadTooLargeError, type Reply } from '@nova-torch/streams';
import type { BrokerMark } from './broker-mark.ts';
import type { EndKeeper } from './end-keeper.ts';
import type { JournalMetrics } from './journal-metrics.ts';
import type { Recovery } from './recovery.ts';

/** Tasks that are kept and about to be sent. */
export interface Kept {
  /** Commands that go behind the tasks, in the same round trip. */
  readonly commands: readonly Command[];
  /** The broker has these; takes what it answered to the commands. */
  sent(replies: readonly Reply[], taskIds: readonly string[]): void;
  /** These tasks were refused, or it is unknown whether they were taken: then they are sent again. */
  failed(error: unknown, taskIds: readonly string[]): void;
}

export interface Intake {
  /** What a request gets that asks for nothing. */
  readonly usual: Durability;
  /** Keeps tasks before they are sent; resolves when they are on the disk. Rejects with JOURNAL_UNAVAILABLE. */
  keep(submissions: readonly Submission[]): Promise<Kept>;
  /**
   * Keeps tasks of another journal, and sees to it that the router has them. Resolves with how many are new here, when they are
   * on the disk. Rejects with JOURNAL_UNAVAILABLE.
   */
  adopt(tasks: readonly { readonly task: Submission; readonly end?: Ending | undefined }[]): Promise<number>;
  /** What is kept under the idempotency key that is stored at this place. */
  reserved(key: string): Promise<string | undefined>;
}

/** For tasks that nobody asked to keep. */
export const NOT_KEPT: Kept = { commands: [], sent: () => undefined, failed: () => undefined };

/** The intake of a gateway without a journal: because none is wanted, or because it could not be opened. */
export function createMemoryIntake(reason: string, wanted: boolean): Intake {
  return {
    usual: wanted ? 'journal' : 'memory',
    async keep() {
      throw new NovaError('JOURNAL_UNAVAILABLE', `This gateway has no journal: ${reason}.`);
    },
    async adopt() {
      throw new NovaError('JOURNAL_UNAVAILABLE', `This gateway has no journal: ${reason}.`);
    },
    reserved: async () => undefined,
  };
}

export interface JournalIntakeOptions {
  readonly journal: Journal;
  readonly mark: BrokerMark;
  readonly recovery: Pick<Recovery, 'brokerIsBehind' | 'sendAgain' | 'adopt' | 'asked' | 'answered'>;
  readonly ends: Pick<EndKeeper, 'noteAwaited'>;
  readonly metrics: JournalMetrics;
  readonly nowMs: () => number;
}

/** The intake of a gateway with a journal. */
export function createJournalIntake(options: JournalIntakeOptions): Intake {
  const { journal, metrics } = options;
  return {
    usual: 'journal',
    async keep(submissions) {
      // A repeat of a task that is kept already must not undo it when it fails.
      const fresh = new Set(
        submissions.flatMap(({ task_id }) => (journal.stateOf(task_id) === undefined ? [task_id] : [])),
      );
      const begun = await Promise.allSettled(submissions.map((submission) => journal.begin(submission)));
      const failure = begun.find(({ status }) => status === 'rejected');
      if (failure === undefined) {
        options.ends.noteAwaited(submissions.flatMap(({ spec }) => dependenciesOf(spec)));
        const numbers = begun.map((one) => (one.status === 'fulfilled' ? one.value : 0));
        options.recovery.asked(fresh);
        return keptOf(options, fresh, Math.max(...numbers));
      }
      metrics.refused.inc({ kind: 'task' }, submissions.length);
      // Some of them may be on the disk: the client hears that none was taken.
      withdraw(options, fresh);
      const { reason } = failure as PromiseRejectedResult;
      if (!(reason instanceof JournalUnavailableError)) throw reason;
      throw new NovaError('JOURNAL_UNAVAILABLE', `${sentence(reason.message)}.`, { cause: reason });
    },
    async adopt(tasks) {
      const fresh = tasks.filter(({ task }) => journal.stateOf(task.task_id) === undefined);
      try {
        await Promise.all(fresh.map(({ task }) => journal.begin(task)));
        await Promise.all(fresh.flatMap(({ end }) => (end === undefined ? [] : [journal.end(end)])));
      } catch (error) {
        if (!(error instanceof JournalUnavailableError)) throw error;
        throw new NovaError('JOURNAL_UNAVAILABLE', `${sentence(error.message)}.`, { cause: error });
      }
      options.recovery.adopt(fresh.map(({ task }) => task.task_id));
      return fresh.length;
    },
    async reserved(key) {
      const taskId = journal.heldBy(key);
      if (taskId === undefined) return undefined;
      return (await journal.read(taskId))?.task.reservation?.value;
    },
  };
}

function keptOf(options: JournalIntakeOptions, fresh: ReadonlySet<string>, n: number): Kept {
  const { mark, recovery } = options;
  const raise = mark.raise(n);
  return {
    commands: raise.commands,
    sent(replies, taskIds) {
      recovery.answered(taskIds);
      const behind = raise.judge(replies);
      if (behind !== undefined) recovery.brokerIsBehind(behind);
    },
    failed(error, taskIds) {
      const concerned = taskIds.filter((taskId) => fresh.has(taskId));
      if (!isRefusal(error)) return recovery.sendAgain(concerned);
      recovery.answered(concerned);
      withdraw(options, concerned);
    },
  };
}

/** Unwritten, such a task would be sent again after a loss: the client was told that this may be. */
function withdraw({ journal, metrics, nowMs }: JournalIntakeOptions, taskIds: Iterable<string>): void {
  for (const task_id of taskIds) {
    const end = { task_id, status: 'withdrawn', ended_at_ms: nowMs() };
    journal.end(end).catch(() => metrics.refused.inc({ kind: 'end' }));
  }
}

/** Errors that say that nothing was done; after all others it is unknown. */
function isRefusal(error: unknown): boolean {
  if (error instanceof NovaError) return error.code !== 'NO_ANSWER' && error.code !== 'BROKER_UNAVAILABLE';
  return error instanceof BrokerReplyError || error instanceof PayloadTooLargeError;
}

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
