import {
  AgentId,
  type AgentRecord,
  type AgentStatus,
  type SpawnRecord,
  type TaskAnalysis,
  type TaskSpecInput,
  type TaskView,
} from '@nova-torch/protocol';
import type { CallOptions, IdempotentCallOptions } from '../calls.ts';
import type { NovaClient } from '../nova-client.ts';
import type { AcceptedTask } from '../task-calls.ts';

/** What a task demands of an agent. */
export type TaskDemand = Pick<TaskSpecInput, 'role' | 'required_skills'>;

/** Who can do a task: living agents that are there already, or one that was started for it. */
export type AgentsForTask =
  | { readonly spawned: false; readonly agents: readonly AgentRecord[] }
  | { readonly spawned: true; readonly spawn: SpawnRecord };

/** Statuses of agents that do not take tasks any more. */
const GONE: readonly AgentStatus[] = ['draining', 'offline', 'failed'];

/** Gives tasks to agents and follows them. */
export class TaskOrchestrator {
  readonly #client: NovaClient;

  constructor(client: NovaClient) {
    this.#client = client;
  }

  /** What can be read out of a task before it is submitted: skills, role, complexity, duration, team. */
  analyzeTask(spec: TaskSpecInput, options: CallOptions = {}): Promise<TaskAnalysis> {
    return this.#client.analyzeTask(spec, options);
  }

  /**
   * Submits a task with this agent preferred. The task-router decides: another suitable agent gets it when this one has
   * no free slot or is gone. Throws ZodError for an id that is none.
   */
  assignTask(
    spec: TaskSpecInput,
    agentId: string,
    options: IdempotentCallOptions = {},
  ): Promise<AcceptedTask> {
    return this.#client.submitTask({ ...spec, preferred_agent: AgentId.parse(agentId) }, options);
  }

  /**
   * Starts an agent that can do the task when nobody alive can: of the first template that covers its role and skills.
   * The task-router does so by itself for tasks that wait; this is for those who want the agent beforehand. Rejects with
   * TEMPLATE_UNKNOWN when no template covers the demand, SPAWN_LIMIT when there is no room. The same idempotency key
   * starts one agent. A task that demands nothing can be done by anybody: then an agent is not started, only found.
   */
  async spawnAgentIfNeeded(
    { role, required_skills: skills = [] }: TaskDemand,
    options: IdempotentCallOptions = {},
  ): Promise<AgentsForTask> {
    const wanted = { ...(role !== undefined && { role }), skills: [...skills] };
    const agents = (await this.#client.listAgents(wanted, options)).filter(
      ({ status }) => !GONE.includes(status),
    );
    if (agents.length > 0 || (role === undefined && skills.length === 0)) return { spawned: false, agents };
    return { spawned: true, spawn: await this.#client.spawnAgent({ demand: wanted }, options) };
  }

  /** The task now and after each of its changes, its end as the last; nothing is polled. */
  monitorProgress(taskId: string, options: CallOptions = {}): AsyncGenerator<TaskView, void, void> {
    return this.#client.followTask(taskId, options);
  }
}
