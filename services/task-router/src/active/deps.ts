import type { Logger, Tracing } from '@nova-torch/service-kit';
import type { Answers } from '../answer.ts';
import type { TaskAnalysers } from '../domain/analysis/analyse.ts';
import type { RunDurations } from '../domain/analysis/run-durations.ts';
import type { AssignmentPeriods } from '../domain/assign.ts';
import type { Moment } from '../domain/draft.ts';
import type { Routing } from '../domain/routing.ts';
import type { RouterMetrics } from '../metrics.ts';
import type { IndexReader } from '../store/read-indexes.ts';
import type { TaskReader } from '../store/read-tasks.ts';
import type { ScheduleBook } from '../store/schedules.ts';
import type { Ledger } from './ledger.ts';
import type { Memory } from './memory.ts';

/** What the consumers and loops of the active router work with, for one term. */
export interface ActiveDeps {
  readonly partition: number;
  readonly instance: string;
  readonly memory: Memory;
  readonly ledger: Ledger;
  readonly tasks: TaskReader;
  readonly indexes: IndexReader;
  readonly schedules: ScheduleBook;
  readonly periods: AssignmentPeriods;
  readonly routing: Routing;
  readonly answers: Answers;
  readonly wishesOf: TaskAnalysers['wishesOf'];
  readonly durations: RunDurations;
  readonly metrics: RouterMetrics;
  readonly tracing: Tracing;
  readonly logger: Logger;
  /** The broker's clock, Unix milliseconds. */
  readonly nowMs: () => number;
  readonly random: () => number;
  /** A new random lease of an assignment. */
  readonly newLease: () => string;
}

/** The present, as decisions take it. */
export const momentOf = ({ nowMs, random }: Pick<ActiveDeps, 'nowMs' | 'random'>): Moment => ({
  nowMs: nowMs(),
  random,
});
