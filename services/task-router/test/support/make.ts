// Records and agents for tests of the pure decisions.
import { AgentRecord, newAgentId, newTaskId, TaskSpec, type TaskSpecInput } from '@nova-torch/protocol';
import type { AssignmentPlan } from '../../src/domain/assignment-plan.ts';
import type { Placement } from '../../src/domain/placement.ts';
import type { TaskRecord } from '../../src/domain/task-record.ts';
import { classOf, demandOf } from '../../src/domain/waiting.ts';

export const NOW = 1_700_000_000_000;

export const aRecord = (
  state: TaskRecord['state'],
  live: Partial<TaskRecord['live']> = {},
  spec: Partial<TaskSpecInput> = {},
): TaskRecord => ({
  task_id: newTaskId(0, NOW),
  state,
  epoch: NOW,
  seq: 3,
  spec: TaskSpec.parse({ title: 'a task', ...spec }),
  submitter: 'somebody',
  submitted_at_ms: NOW,
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  live: { attempt: 1, returns: 0, expires_at_ms: NOW + 1_000_000, ...live },
});

export const anAgent = (more: Partial<AgentRecord> = {}): AgentRecord =>
  AgentRecord.parse({
    agent_id: newAgentId(0, NOW),
    role: 'developer',
    skills: [],
    status: 'idle',
    capacity: 1,
    last_heartbeat: NOW / 1000,
    current_tasks: [],
    host: 'here',
    transport: 'streams',
    pool: 'default',
    labels: {},
    performance: { tasks_completed: 0, success_rate: 1, avg_completion_time: 0 },
    registered_at: NOW / 1000,
    version: 1,
    ...more,
  });

/** Plans tasks in this order to the end; undefined for one that got nobody. */
export function planAll(plan: AssignmentPlan, records: readonly TaskRecord[]): (Placement | undefined)[] {
  const placements = records.map((record) => {
    const demand = demandOf(record.spec);
    const opening = plan.opening(demand);
    return opening && plan.place({ record, demand, className: classOf(demand) }, opening);
  });
  plan.finish();
  return placements;
}
