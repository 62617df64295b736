import type { Grounds } from './decision.ts';
import type { HeldTasks } from './held-tasks.ts';
import type { IndexedAgent, Use } from './indexed-agent.ts';
import type { RestingAgents } from './resting.ts';
import type { Routing } from './routing.ts';
import type { TaskRecord } from './task-record.ts';
import type { Demand } from './waiting.ts';

/** What the choice of agents depends on besides tasks and agents. */
export interface MatchTerms {
  readonly routing: Routing;
  readonly resting: RestingAgents;
  readonly held: HeldTasks;
  /** Unix milliseconds. */
  readonly nowMs: number;
}

/** A task an agent is to be found for. */
export interface PlannedTask {
  readonly record: TaskRecord;
  readonly demand: Demand;
  /** Name of the class of its demand. */
  readonly className: string;
}

/** A reserved slot. */
export interface Seat {
  readonly agent: IndexedAgent;
  /** How the agent was used before. */
  readonly before: Use;
}

/** A task with its slot; both may change until the plan is finished. */
export interface Placement extends PlannedTask {
  seat: Seat;
  grounds: Grounds;
}

/**
 * Whether it may be given another agent yet. Not a task that is kept apart from others, because that depends on where the
 * others are; nor one that its agent is tried with after a rest.
 */
export const isMovable = ({ record: { spec }, seat }: Placement, resting: RestingAgents): boolean =>
  spec.spread === undefined && resting.restOf(seat.agent.id, spec.task_type) === undefined;
