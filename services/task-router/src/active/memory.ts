import type { TaskId } from '@nova-torch/protocol';
import type { AgentIndex } from '../domain/agent-index.ts';
import { HeldTasks } from '../domain/held-tasks.ts';
import type { RestingAgents } from '../domain/resting.ts';
import type { TaskRecord } from '../domain/task-record.ts';
import { WaitingLines } from '../domain/waiting-lines.ts';

/** Records kept in memory; a decision on any other task reads its record first. */
const RECORDS_MAX = 20_000;

/**
 * What the active router remembers. It can be rebuilt from the broker (invariant I2), and none of it is
 * believed: every write is guarded by what the record in the store says.
 */
export interface Memory {
  readonly agents: AgentIndex;
  /** The only part that cannot be rebuilt: a new active router begins without. */
  readonly resting: RestingAgents;
  readonly lines: WaitingLines;
  readonly held: HeldTasks;
  readonly records: RecordCache;
}

export const newMemory = (agents: AgentIndex, resting: RestingAgents): Memory => ({
  agents,
  resting,
  lines: new WaitingLines(),
  held: new HeldTasks(),
  records: new RecordCache(RECORDS_MAX),
});

/** The records used last. */
export class RecordCache {
  readonly #records = new Map<TaskId, TaskRecord>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  get(taskId: TaskId): TaskRecord | undefined {
    return this.#records.get(taskId);
  }

  set(record: TaskRecord): void {
    this.#records.delete(record.task_id);
    this.#records.set(record.task_id, record);
    if (this.#records.size <= this.#max) return;
    const oldest = this.#records.keys().next();
    if (!oldest.done) this.#records.delete(oldest.value);
  }

  delete(taskId: TaskId): void {
    this.#records.delete(taskId);
  }
}
