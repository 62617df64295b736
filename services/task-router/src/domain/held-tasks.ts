import type { AgentId, TaskId } from '@nova-torch/protocol';

type Labels = Readonly<Record<string, string>>;

/**
 * Which tasks each agent holds, as the active router knows it, with their labels; and those with labels that are on their
 * way to an agent. As many as there are slots, so it is bounded by the fleet.
 */
export class HeldTasks {
  readonly #byAgent = new Map<AgentId, Map<TaskId, Labels>>();
  readonly #coming = new Map<AgentId, Map<TaskId, Labels>>();
  readonly #comingTo = new Map<TaskId, AgentId>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(agentId: AgentId, taskId: TaskId, labels: Labels): void {
    this.expectNot(taskId);
    if (put(this.#byAgent, agentId, taskId, labels)) this.#size += 1;
  }

  remove(agentId: AgentId, taskId: TaskId): void {
    if (take(this.#byAgent, agentId, taskId)) this.#size -= 1;
  }

  /** Takes over what an agent holds, as the records say. */
  replace(agentId: AgentId, tasks: ReadonlyMap<TaskId, Labels>): void {
    for (const taskId of this.of(agentId)) if (!tasks.has(taskId)) this.remove(agentId, taskId);
    for (const [taskId, labels] of tasks) this.add(agentId, taskId, labels);
  }

  /** An assignment is about to be written; another one of the same task is so no more. */
  expect(agentId: AgentId, taskId: TaskId, labels: Labels): void {
    if (!hasAny(labels)) return;
    this.expectNot(taskId);
    this.#comingTo.set(taskId, agentId);
    put(this.#coming, agentId, taskId, labels);
  }

  /** The assignment was written, or will not be. */
  expectNot(taskId: TaskId): void {
    const agentId = this.#comingTo.get(taskId);
    if (agentId === undefined) return;
    this.#comingTo.delete(taskId);
    take(this.#coming, agentId, taskId);
  }

  *taskIds(): Generator<TaskId> {
    for (const tasks of this.#byAgent.values()) yield* tasks.keys();
  }

  of(agentId: AgentId): readonly TaskId[] {
    return [...(this.#byAgent.get(agentId)?.keys() ?? [])];
  }

  /** Whether the agent holds a task with this label, or will in a moment. */
  hasLabelled(agentId: AgentId, name: string, value: string): boolean {
    return (
      anyLabelled(this.#byAgent.get(agentId), name, value) ||
      anyLabelled(this.#coming.get(agentId), name, value)
    );
  }

  /** Agents that hold something, with how much. */
  *holders(): Generator<readonly [AgentId, number]> {
    for (const [agentId, tasks] of this.#byAgent) yield [agentId, tasks.size];
  }
}

type ByAgent = Map<AgentId, Map<TaskId, Labels>>;

/** Returns whether it was news. */
function put(byAgent: ByAgent, agentId: AgentId, taskId: TaskId, labels: Labels): boolean {
  let tasks = byAgent.get(agentId);
  if (tasks === undefined) {
    tasks = new Map();
    byAgent.set(agentId, tasks);
  }
  if (tasks.has(taskId)) return false;
  tasks.set(taskId, labels);
  return true;
}

/** Returns whether it was there. */
function take(byAgent: ByAgent, agentId: AgentId, taskId: TaskId): boolean {
  const tasks = byAgent.get(agentId);
  if (tasks?.delete(taskId) !== true) return false;
  if (tasks.size === 0) byAgent.delete(agentId);
  return true;
}

function hasAny(labels: Labels): boolean {
  for (const _ in labels) return true;
  return false;
}

function anyLabelled(tasks: ReadonlyMap<TaskId, Labels> | undefined, name: string, value: string): boolean {
  if (tasks === undefined) return false;
  for (const labels of tasks.values()) if (Object.hasOwn(labels, name) && labels[name] === value) return true;
  return false;
}
