// What a gateway does when the broker comes back without data or with older data, and after it could not follow.
//
// 1. Without data: every kept task is sent again, unasked. With older data: the router is asked first.
// 2. While this goes on nothing raises the mark, so that whoever ends in the middle of it begins it anew.
// 3. A task the router does not know although it took it has ended and was forgotten there; that is believed only of a
//    broker that is not behind, and once nothing waits on the stream any more.
import type { Journal, KeptTask } from '@nova-torch/journal';
import {
  isTerminal,
  SURVEY_TASKS_MAX,
  type TaskId,
  TaskSurveyedV1,
  TaskSurveyV1,
} from '@nova-torch/protocol';
import type { Logger } from '@nova-torch/service-kit';
import { countWaiting } from '@nova-torch/streams';
import type { Asking } from '../asking.ts';
import type { Behind, BrokerMark } from './broker-mark.ts';
import type { EndKeeper } from './end-keeper.ts';
import type { JournalMetrics } from './journal-metrics.ts';
import { ROUTER_GROUP, SENT_AT_ONCE, type SendAgainOptions, sendAgain } from './send-again.ts';

export interface RecoveryOptions {
  readonly journal: Journal;
  readonly mark: BrokerMark;
  readonly ends: EndKeeper;
  readonly asking: Asking;
  readonly sending: SendAgainOptions;
  readonly metrics: JournalMetrics;
  readonly logger: Logger;
  readonly nowMs: () => number;
}

/** What makes a gateway compare: `start`, because it may have missed anything while it was away. */
type Cause = Behind | 'start';

const AFTER_TROUBLE_MS = 200;
/** How long a task that may be on its way is left alone before it is asked about again, in ms. */
const LATER_MS = 5_000;
/** A request takes no longer than this, in ms, and at most so many are under way. */
const REQUEST_MS = 10_000;
const RECALLED_MAX = 1_000;

export class Recovery {
  readonly #options: RecoveryOptions;
  #behind: Cause | undefined;
  /** The number of the last record that was sent before this process began. */
  #sentBefore = 0;
  readonly #unsettled = new Set<string>();
  /** Open tasks whose request got no answer, as far as is known. */
  readonly #unanswered = new Set<string>();
  readonly #suspects = new Set<string>();
  readonly #adopted = new Set<string>();
  #postponed = new Set<string>();
  #postponedAt = 0;
  #working: Promise<void> | undefined;
  #stopped = true;
  #troubles = 0;

  constructor(options: RecoveryOptions) {
    this.#options = options;
  }

  /** Whether tasks are being sent again because the broker lost them. */
  get isBusy(): boolean {
    return this.#behind !== undefined;
  }

  /** Compares the broker with the journal as it was found, and begins what follows from it. Rejects with the broker's error. */
  async start(): Promise<void> {
    const { journal, mark } = this.#options;
    this.#stopped = false;
    const { n, unfinished } = await mark.look();
    const { open, ended } = journal.status();
    if (open + ended === 0) return;
    await this.#recallUnanswered();
    this.#sentBefore = n ?? 0;
    const cause = unfinished ?? (n === undefined ? 'lost' : 'start');
    await mark.hold(cause);
    this.#behind = cause;
    this.#work();
  }

  /**
   * Who asked for the newest tasks may have been cut off by the end of the process before this one, and ask again under
   * the same key. It is not known who was, so all of them count; that matters only where the key has become another task's.
   */
  async #recallUnanswered(): Promise<void> {
    const { journal } = this.#options;
    const newest = journal.open().slice(-RECALLED_MAX);
    const kept = (await Promise.all(newest.map(({ task_id }) => journal.read(task_id)))).flatMap(
      (one) => one?.task ?? [],
    );
    const lastMs = Math.max(...kept.map(({ submitted_at_ms }) => submitted_at_ms));
    for (const { task_id, submitted_at_ms } of kept) {
      if (submitted_at_ms > lastMs - REQUEST_MS) this.#unanswered.add(task_id);
    }
  }

  /** Ends what goes on; what is not done is found again at the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#working;
  }

  /** The broker turned out to be behind. */
  brokerIsBehind(behind: Behind): void {
    // Without data outweighs older data, and that a mere start.
    if (this.#behind !== 'lost') this.#behind = behind;
    this.#work();
  }

  /** These tasks are kept, and whoever asked for them waits. */
  asked(taskIds: Iterable<string>): void {
    for (const taskId of taskIds) this.#unanswered.add(taskId);
  }

  /** Whoever asked for these tasks heard that they were accepted, or refused. */
  answered(taskIds: Iterable<string>): void {
    for (const taskId of taskIds) this.#unanswered.delete(taskId);
  }

  /** Whether the broker took these tasks is unknown, and so it is to whoever asked for them. */
  sendAgain(taskIds: Iterable<string>): void {
    for (const taskId of taskIds) this.#unsettled.add(taskId);
    this.#work();
  }

  /** Tasks of another journal are kept here now: what the router does not have of them is sent to it. */
  adopt(taskIds: Iterable<string>): void {
    for (const taskId of taskIds) this.#adopted.add(taskId);
    this.#work();
  }

  /** The ends of open tasks may have been missed. */
  reviewOpen(): void {
    if (this.#stopped) return;
    for (const { task_id } of this.#options.journal.open()) this.#suspects.add(task_id);
    this.#work();
  }

  /** Looks whether the broker is behind. Rejects with its error. */
  async look(): Promise<Behind | undefined> {
    const { mark, journal } = this.#options;
    for (const taskId of this.#unanswered) {
      if (journal.stateOf(taskId) !== 'open') this.#unanswered.delete(taskId);
    }
    const { behind } = await mark.look();
    if (behind !== undefined) this.brokerIsBehind(behind);
    if (this.#postponed.size > 0 && performance.now() - this.#postponedAt > LATER_MS) {
      for (const taskId of this.#postponed) this.#suspects.add(taskId);
      this.#postponed = new Set();
      this.#work();
    }
    return behind;
  }

  #work(): void {
    if (this.#stopped) return;
    this.#working ??= this.#run().finally(() => {
      this.#working = undefined;
      if (this.#hasWork()) this.#work();
    });
  }

  #hasWork(): boolean {
    const { size } = this.#suspects;
    return this.#behind !== undefined || this.#unsettled.size + this.#adopted.size + size > 0;
  }

  async #run(): Promise<void> {
    while (!this.#stopped && this.#hasWork()) {
      try {
        if (this.#behind !== undefined) await this.#recover(this.#behind);
        else if (this.#unsettled.size > 0) await this.#sendUnsettled();
        else if (this.#adopted.size > 0) await this.#reviewAdopted();
        else await this.#review([...this.#suspects].slice(0, SURVEY_TASKS_MAX), 'gap');
        this.#troubles = 0;
      } catch (error) {
        this.#troubles += 1;
        const { logger } = this.#options;
        if (this.#troubles === 1)
          logger.warn({ err: error }, 'kept tasks could not be sent yet, trying again');
        await new Promise((resolve) => setTimeout(resolve, AFTER_TROUBLE_MS));
      }
    }
  }

  async #recover(behind: Cause): Promise<void> {
    const { journal, mark, logger } = this.#options;
    const startedAt = performance.now();
    if (this.#troubles === 0) this.#announce(behind);
    await mark.hold(behind);
    const upTo = journal.lastNumber;
    const sent = behind === 'lost' ? await this.#sendAll() : await this.#reviewAll(behind);
    if (this.#stopped || this.#behind !== behind) return;
    if ((await mark.look()).behind !== undefined) return;
    await mark.set(upTo);
    this.#behind = undefined;
    this.#unsettled.clear();
    this.#suspects.clear();
    const durationMs = Math.round(performance.now() - startedAt);
    logger.info({ ...sent, duration_ms: durationMs }, 'what the journal keeps is with the broker');
  }

  #announce(behind: Cause): void {
    const { journal, metrics, logger } = this.#options;
    const { open, ended } = journal.status();
    if (behind === 'start') {
      logger.info({ open, ended }, 'comparing what the journal keeps with the broker');
      return;
    }
    metrics.losses.inc({ kind: behind });
    const what = behind === 'lost' ? 'the broker lost its data' : 'the broker came back with older data';
    logger.warn({ open, ended }, `${what}: what the journal keeps is sent again`);
  }

  /** First what others depend on, then what had not ended in the order of its submission, then what had ended. */
  async #sendAll(): Promise<Sent> {
    const { journal } = this.#options;
    const counts = { submitted: 0, restored: 0 };
    const send = async (tasks: readonly KeptTask[]): Promise<void> => {
      const sent = await this.#send(tasks);
      counts.submitted += sent.submitted;
      counts.restored += sent.restored;
    };
    const needed = journal.ended().filter((taskId) => journal.isNeeded(taskId));
    for await (const tasks of this.#readAll(needed)) await send(tasks);
    const dependent: { readonly task_id: string; readonly n: number }[] = [];
    for await (const tasks of journal.openTasks()) {
      if (this.#stopped) return counts;
      const [waiting, free] = [tasks.filter(hasDependencies), tasks.filter((one) => !hasDependencies(one))];
      dependent.push(...waiting.map(({ n, task: { task_id } }) => ({ n, task_id })));
      await send(free);
    }
    dependent.sort((a, b) => a.n - b.n);
    for await (const tasks of this.#readAll(dependent.map(({ task_id }) => task_id))) await send(tasks);
    const sent = new Set(needed);
    const rest = journal.ended().filter((taskId) => !sent.has(taskId));
    for await (const tasks of this.#readAll(rest)) await send(tasks);
    return counts;
  }

  async #reviewAll(cause: 'older' | 'start'): Promise<Sent> {
    const { journal } = this.#options;
    const counts = { submitted: 0, restored: 0 };
    const ids = [...journal.ended(), ...journal.open().map(({ task_id }) => task_id)];
    for (let from = 0; from < ids.length && !this.#stopped; from += SURVEY_TASKS_MAX) {
      const sent = await this.#review(ids.slice(from, from + SURVEY_TASKS_MAX), cause);
      counts.submitted += sent.submitted;
      counts.restored += sent.restored;
    }
    return counts;
  }

  async #reviewAdopted(): Promise<void> {
    const taskIds = [...this.#adopted].slice(0, SURVEY_TASKS_MAX);
    await this.#review(taskIds, 'older');
    if (this.#behind === undefined) for (const taskId of taskIds) this.#adopted.delete(taskId);
  }

  async #sendUnsettled(): Promise<void> {
    for await (const tasks of this.#readAll([...this.#unsettled])) {
      await this.#send(tasks.filter(({ end }) => end === undefined));
      for (const { task } of tasks) this.#unsettled.delete(task.task_id);
    }
    // What is left is not kept any more.
    this.#unsettled.clear();
  }

  /** Asks what became of tasks and does what follows: keeps ends, sends again what is missing. */
  async #review(taskIds: readonly string[], cause: 'gap' | 'older' | 'start'): Promise<Sent> {
    const { asking, mark, sending, journal } = this.#options;
    const { streams } = sending;
    const nothingWaits = (await countWaiting(sending.broker, streams.tasksQueue, ROUTER_GROUP)) === 0;
    const { states } = await asking.ask({
      stream: streams.tasksQueries,
      target: 'task-router',
      definition: TaskSurveyV1,
      payload: { task_ids: taskIds as TaskId[] },
      answer: TaskSurveyedV1,
    });
    const { behind, n = 0 } = await mark.look();
    if (behind !== undefined) {
      this.brokerIsBehind(behind);
      return { submitted: 0, restored: 0 };
    }
    const sentUpTo = cause === 'start' ? this.#sentBefore : n;
    const missing: string[] = [];
    for (const taskId of taskIds) {
      this.#suspects.delete(taskId);
      const kept = journal.stateOf(taskId);
      const state = states[taskId as TaskId];
      const isEnded = state !== undefined && isTerminal(state);
      if (kept === 'open' && isEnded) void this.#options.ends.fetch(taskId as TaskId);
      const isLost = cause === 'older' || (journal.numberOf(taskId) ?? 0) > sentUpTo;
      if (kept === 'ended' && !isEnded && (state !== undefined || isLost)) missing.push(taskId);
      if (kept !== 'open' || state !== undefined) continue;
      if (isLost) missing.push(taskId);
      else if (nothingWaits) this.#forget(taskId);
      else this.#postpone(taskId);
    }
    const counts = { submitted: 0, restored: 0 };
    for await (const tasks of this.#readAll(missing)) {
      const sent = await this.#send(tasks);
      counts.submitted += sent.submitted;
      counts.restored += sent.restored;
    }
    return counts;
  }

  async #send(tasks: readonly KeptTask[]): Promise<Sent> {
    const sent = await sendAgain(tasks, this.#unanswered, this.#options.sending);
    for (const taskId of sent.superseded) this.#withdraw(taskId);
    this.#options.metrics.sentAgain.inc({ kind: 'submitted' }, sent.submitted);
    this.#options.metrics.sentAgain.inc({ kind: 'restored' }, sent.restored);
    return sent;
  }

  async *#readAll(taskIds: readonly string[]): AsyncGenerator<KeptTask[]> {
    for (let from = 0; from < taskIds.length && !this.#stopped; from += SENT_AT_ONCE) {
      const ids = taskIds.slice(from, from + SENT_AT_ONCE);
      const kept = await Promise.all(ids.map((taskId) => this.#options.journal.read(taskId)));
      yield kept.filter((one) => one !== undefined);
    }
  }

  /** Its request has become another task: this one was never heard of. */
  #withdraw(taskId: string): void {
    const { journal, logger, nowMs } = this.#options;
    this.#unanswered.delete(taskId);
    logger.info({ task_id: taskId }, 'a task whose request was repeated, and taken as another, is given up');
    journal
      .end({ task_id: taskId, status: 'withdrawn', ended_at_ms: nowMs() })
      .catch((err: unknown) => logger.warn({ err, task_id: taskId }, 'that it is given up is not kept'));
  }

  #forget(taskId: string): void {
    const { journal, logger, nowMs } = this.#options;
    logger.info(
      { task_id: taskId },
      'a kept task ended while this gateway was away, and is forgotten by now',
    );
    journal
      .end({ task_id: taskId, status: 'forgotten', ended_at_ms: nowMs() })
      .catch(() => this.#postpone(taskId));
  }

  #postpone(taskId: string): void {
    if (this.#postponed.size === 0) this.#postponedAt = performance.now();
    this.#postponed.add(taskId);
  }
}

interface Sent {
  readonly submitted: number;
  readonly restored: number;
}

const hasDependencies = ({ task }: KeptTask): boolean => (task.spec.dependencies?.length ?? 0) > 0;
