import { CHECK_TASK_TYPE, SuccessCriteria, type TaskSpec } from '@nova-torch/protocol';

/**
 * What a task that judges the claim of another agent wants to be looked at in this one's workspace; undefined for any
 * other task. The host does it by itself: whatever does tasks here is not asked.
 */
export function criteriaToCheck({
  task_type,
  inputs,
}: Pick<TaskSpec, 'task_type' | 'inputs'>): SuccessCriteria | undefined {
  return task_type === CHECK_TASK_TYPE ? SuccessCriteria.safeParse(inputs.criteria).data : undefined;
}
