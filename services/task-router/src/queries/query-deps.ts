import type { Answers } from '../answer.ts';
import type { AgentIndex } from '../domain/agent-index.ts';
import type { RestingAgents } from '../domain/resting.ts';
import type { TaskReader } from '../store/read-tasks.ts';
import type { ScheduleReader } from '../store/schedules.ts';

/** What questions are answered from; the same on every replica. */
export interface QueryDeps {
  readonly tasks: TaskReader;
  readonly schedules: ScheduleReader;
  readonly agents: AgentIndex;
  /** Empty but on the active router. */
  readonly resting: RestingAgents;
  readonly answers: Answers;
  /** The broker's clock, Unix milliseconds. */
  readonly nowMs: () => number;
}
