// Asks the model about submitted tasks that wait. Nothing waits for it: a task that finds an agent goes to it by what
// the rules found, and what the model finds counts for those that still wait when its answer comes.

import type { TaskId } from '@nova-torch/protocol';
import { createService, type Logger, type Service } from '@nova-torch/service-kit';
import type { Draft } from '../domain/draft.ts';
import { noteWaiting, openDraft } from '../domain/draft.ts';
import type { TaskRecord } from '../domain/task-record.ts';
import type { Advice, LlmAnalyser } from '../llm/llm-analyser.ts';
import { isApplied, NotLeaderError } from '../store/apply-transitions.ts';
import type { ActiveDeps } from './deps.ts';

/** Tasks that wait for the model; further ones keep what the rules found. */
const QUEUE_MAX = 256;
/** Decisions on a record that changed meanwhile are made again, this often. */
const TRIES_MAX = 5;

export interface WishAdvisor extends Service {
  /** A decision was written: its task is asked about if it is new, waits, and names neither role nor skills. */
  offer(draft: Draft): void;
}

export interface WishAdvisorOptions {
  readonly deps: Pick<ActiveDeps, 'ledger' | 'tasks' | 'nowMs'>;
  readonly llm: Pick<LlmAnalyser, 'advise' | 'metrics'>;
  readonly logger: Logger;
}

const waits = ({ state }: TaskRecord): boolean =>
  state === 'ready' || state === 'scheduled' || state === 'blocked';

/** One task at a time: the rest of the calls that may run at once is for those who wait for an answer. */
export function createWishAdvisor({ deps, llm, logger }: WishAdvisorOptions): WishAdvisor {
  const queue: TaskId[] = [];
  const stopped = Promise.withResolvers<undefined>();
  let [started, running]: [boolean, Promise<void> | undefined] = [false, undefined];
  const count = (outcome: string): void => llm.metrics.submissions.inc({ outcome });

  const settle = async (
    taskId: TaskId,
    { wishes, reason }: Advice & { kind: 'advised' },
  ): Promise<string> => {
    if (wishes === undefined) return 'nothing_found';
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      const record = await deps.tasks.record(taskId);
      if (record === undefined || !waits(record)) return 'late';
      const live = { found: { ...wishes, by: 'llm' as const } };
      const draft = noteWaiting(openDraft(record), deps.nowMs(), `a model read its text: ${reason}`, live);
      const [verdict] = await deps.ledger.write([{ draft }]);
      if (isApplied(verdict)) return 'applied';
    }
    return 'late';
  };
  const advise = async (taskId: TaskId): Promise<string> => {
    const record = await deps.tasks.record(taskId);
    if (record === undefined || !waits(record)) return 'late';
    // The end of a term does not wait for a model.
    const advice = await Promise.race([llm.advise(record.spec), stopped.promise]);
    if (advice === undefined) return 'stopped';
    return advice.kind === 'none' ? advice.outcome : settle(taskId, advice);
  };
  const work = async (): Promise<void> => {
    for (let taskId = queue.shift(); taskId !== undefined; taskId = queue.shift()) {
      try {
        count(await advise(taskId));
      } catch (error) {
        if (error instanceof NotLeaderError) return;
        count('failed');
        logger.warn({ err: error, task_id: taskId }, 'what the model found was not kept: the rules stand');
      }
    }
  };
  const begin = (): void => {
    if (!started || running !== undefined || queue.length === 0) return;
    running = work().finally(() => {
      running = undefined;
      begin();
    });
  };
  const service = createService({
    name: 'wish-advisor',
    start: () => {
      started = true;
    },
    async stop() {
      started = false;
      queue.length = 0;
      stopped.resolve(undefined);
      await running;
    },
  });
  return {
    ...service,
    offer({ before, record }) {
      if (before !== undefined || !started || !waits(record)) return;
      if (record.spec.role !== undefined || record.spec.required_skills.length > 0) return;
      if (queue.length >= QUEUE_MAX) return count('dropped');
      queue.push(record.task_id);
      begin();
    },
  };
}
