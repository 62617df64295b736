// Agents that do work and agents that judge it, for the tests of claims others judge.
import type { TaskId } from '@nova-torch/protocol';
import { eventually } from '@nova-torch/testing';
import type { Rig } from './rig.ts';
import type { Assignment } from './test-agent.ts';

export const quick = { retry_backoff: { initial_s: 0.05, factor: 1, max_s: 1 } };
export const reviewed = { ...quick, role: 'maker', success_criteria: { review: { role: 'judge' } } };

/** The task that judges the claim of this one now. */
export function judgeOf(rig: Rig, taskId: TaskId): Promise<TaskId> {
  return eventually(async () => {
    const { status, evidence } = await rig.task(taskId);
    const judge = evidence?.review ?? evidence?.check;
    return status === 'verifying' && judge !== undefined && judge.task_id;
  });
}

/** What was asked of the agent that judges. */
export const inputsOf = ({ spec }: Assignment): Record<string, unknown> => spec.inputs;

/** Steps of a task, `from>to` each. */
export const stepsOf = async (rig: Rig, taskId: TaskId): Promise<string[]> =>
  (await rig.history(taskId)).map(({ from, to }) => `${from}>${to}`);
