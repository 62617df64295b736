import type { AgentId, TaskId } from '@nova-torch/protocol';

/** Which tasks each agent holds, as the active router knows it. */
export class HeldTasks {
  readonly #byAgent = new Map<AgentId, Set<TaskId>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(agentId: AgentId, taskId: TaskId): void {
    let tasks = this.#byAgent.get(agentId);
    if (tasks === undefined) {
      tasks = new Set();
      this.#byAgent.set(agentId, tasks);
    }
    if (tasks.has(taskId)) return;
    tasks.add(taskId);
    this.#size += 1;
  }

  remove(agentId: AgentId, taskId: TaskId): void {
    const tasks = this.#byAgent.get(agentId);
    if (tasks?.delete(taskId) !== true) return;
    this.#size -= 1;
    if (tasks.size === 0) this.#byAgent.delete(agentId);
  }

  /** Takes over what an agent holds, as the records say. */
  replace(agentId: AgentId, tasks: ReadonlySet<TaskId>): void {
    for (const taskId of this.of(agentId)) if (!tasks.has(taskId)) this.remove(agentId, taskId);
    for (const taskId of tasks) this.add(agentId, taskId);
  }

  of(agentId: AgentId): readonly TaskId[] {
    return [...(this.#byAgent.get(agentId) ?? [])];
  }

  /** Agents that hold something, with how much. */
  *holders(): Generator<readonly [AgentId, number]> {
    for (const [agentId, tasks] of this.#byAgent) yield [agentId, tasks.size];
  }
}
