import { AgentId, type TaskAnalysis, type TaskSpecInput, type TaskView } from '@nova-torch/protocol';
import type { CallOptions, IdempotentCallOptions } from '../calls.ts';
import type { NovaClient } from '../nova-client.ts';
import type { AcceptedTask } from '../task-calls.ts';

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

  /** The task now and after each of its changes, its end as the last; nothing is polled. */
  monitorProgress(taskId: string, options: CallOptions = {}): AsyncGenerator<TaskView, void, void> {
    return this.#client.followTask(taskId, options);
  }
}
