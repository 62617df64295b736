import { z } from 'zod';
import { AgentId, TaskId } from './ids.ts';
import { TaskError } from './task.ts';
import { DependencyEdge } from './task-dependency.ts';
import { WorkflowKey } from './task-spec.ts';
import { TASK_STATES, TaskState } from './task-state.ts';

/** A task as it stands in its workflow. Times are Unix milliseconds. */
export const WorkflowTask = z.object({
  task_id: TaskId,
  key: WorkflowKey.optional(),
  title: z.string(),
  status: TaskState,
  depends_on: z.array(DependencyEdge),
  agent_id: AgentId.optional(),
  error: TaskError.optional(),
  started_at_ms: z.number().optional(),
  ended_at_ms: z.number().optional(),
});
export type WorkflowTask = z.infer<typeof WorkflowTask>;

/** How many tasks are in each state; one nobody is in is missing. */
export const StateCounts = z.partialRecord(z.enum(TASK_STATES), z.int().min(1));
export type StateCounts = z.infer<typeof StateCounts>;
