import type { Answers } from '../answer.ts';
import type { AgentIndex } from '../domain/agent-index.ts';
import type { Analyser, TaskAnalysers } from '../domain/analysis/analyse.ts';
import type { RunRecord } from '../domain/analysis/run-durations.ts';
import type { HeldTasks } from '../domain/held-tasks.ts';
import type { RestingAgents } from '../domain/resting.ts';
import type { Routing } from '../domain/routing.ts';
import type { IndexReader } from '../store/read-indexes.ts';
import type { TaskReader } from '../store/read-tasks.ts';
import type { ScheduleReader } from '../store/schedules.ts';
import type { WantedAgents } from '../store/wanted-agents.ts';
import type { LateAnswers } from './late-answers.ts';

/** What questions are answered from; the same on every replica. */
export interface QueryDeps {
  readonly tasks: TaskReader;
  readonly schedules: ScheduleReader;
  readonly indexes: IndexReader;
  readonly wanted: WantedAgents;
  readonly agents: AgentIndex;
  /** Empty but on the active router. */
  readonly resting: RestingAgents;
  /** What agents hold; undefined but on the active router. */
  readonly held: () => HeldTasks | undefined;
  readonly routing: Routing;
  readonly answers: Answers;
  readonly analyse: TaskAnalysers['analyse'];
  /** An analysis that takes its time, and how its answers are given; undefined where no model is configured. */
  readonly slowly?: { readonly analyse: Analyser; readonly late: LateAnswers } | undefined;
  /** Roles of the spawner's templates; empty when it does not answer. */
  readonly templateRoles: () => Promise<readonly string[]>;
  /** How long completed tasks of a type ran, as stored last. */
  readonly runRecordOf: (taskType: string) => Promise<RunRecord | undefined>;
  /** The broker's clock, Unix milliseconds. */
  readonly nowMs: () => number;
}
