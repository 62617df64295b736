import {
  type AgentRecord,
  type AgentRegistrationInput,
  type AgentStatus,
  type Message,
  newAgentId,
} from '@nova-torch/protocol';
import type { CallOptions } from './calls.ts';
import type { components } from './generated/api.ts';
import { TaskCalls } from './task-calls.ts';

type Schemas = components['schemas'];

/** What registering gives: the agent's record, its token, and how often it must say that it lives. */
export interface RegisteredAgent {
  agent: AgentRecord;
  token: string;
  heartbeat_every_ms: number;
  server_time_ms: number;
}

export interface AgentFilters {
  role?: string | undefined;
  /** All of them. */
  skills?: readonly string[] | undefined;
  status?: AgentStatus | undefined;
}

export interface PullOptions extends CallOptions {
  max?: number | undefined;
  waitS?: number | undefined;
  session?: string | undefined;
}

export interface PulledMessage {
  entry_id: string;
  message: Message;
}

const PAGE = 500;
const PULL_WAIT_S = 20;

const path = (agentId: string) => ({ path: { agent_id: agentId } });
const taskPath = (agentId: string, taskId: string) => ({ path: { agent_id: agentId, task_id: taskId } });

/** The calls about agents, and those an agent makes itself. */
export class AgentCalls extends TaskCalls {
  /** Registers an agent. Without an id one is made here, so that a repeat does not make a second agent. */
  async registerAgent(
    registration: AgentRegistrationInput,
    options: CallOptions = {},
  ): Promise<RegisteredAgent> {
    const body = { ...registration, agent_id: registration.agent_id ?? newAgentId(0, Date.now()) };
    const registered = await this.calls.run({ ...options, safe: true }, (init) =>
      this.calls.api.POST('/v1/agents', { ...init, body: body as Schemas['AgentRegistration'] }),
    );
    return registered as RegisteredAgent;
  }

  /** All agents that match, whatever the number of pages. */
  async listAgents(filters: AgentFilters = {}, options: CallOptions = {}): Promise<AgentRecord[]> {
    const agents: AgentRecord[] = [];
    let cursor: string | undefined;
    do {
      const { agents: found, next_cursor } = await this.#page(filters, cursor, options);
      agents.push(...(found as AgentRecord[]));
      cursor = next_cursor;
    } while (cursor !== undefined);
    return agents;
  }

  async getAgent(agentId: string, options: CallOptions = {}): Promise<AgentRecord> {
    const agent = await this.calls.run({ ...options, safe: true }, (init) =>
      this.calls.api.GET('/v1/agents/{agent_id}', { ...init, params: path(agentId) }),
    );
    return agent as AgentRecord;
  }

  async deregisterAgent(agentId: string, reason?: string, options: CallOptions = {}): Promise<AgentRecord> {
    const params = { ...path(agentId), ...(reason !== undefined && { query: { reason } }) };
    const agent = await this.calls.run({ ...options, safe: true }, (init) =>
      this.calls.api.DELETE('/v1/agents/{agent_id}', { ...init, params }),
    );
    return agent as AgentRecord;
  }

  /** Says that the agent lives and what it works on. */
  heartbeat(
    agentId: string,
    beat: { currentTasks?: readonly string[]; draining?: boolean } = {},
    options: CallOptions = {},
  ): Promise<{ server_time_ms: number }> {
    const body = { current_tasks: [...(beat.currentTasks ?? [])], draining: beat.draining ?? false };
    return this.calls.run({ ...options, safe: true }, (init) =>
      this.calls.api.POST('/v1/agents/{agent_id}/heartbeat', { ...init, params: path(agentId), body }),
    );
  }

  /** Takes messages from the agent's inbox; empty when nothing came in time. */
  async pullInbox(agentId: string, options: PullOptions = {}): Promise<PulledMessage[]> {
    const { max, session, waitS = PULL_WAIT_S } = options;
    const body = {
      wait_s: waitS,
      ...(max !== undefined && { max }),
      ...(session !== undefined && { session }),
    };
    const { messages } = await this.calls.run({ ...options, safe: true, waitMs: waitS * 1000 }, (init) =>
      this.calls.api.POST('/v1/agents/{agent_id}/inbox/pull', { ...init, params: path(agentId), body }),
    );
    return messages as unknown as PulledMessage[];
  }

  /** Acknowledges entries of a pull. Returns how many were pending. */
  async ackInbox(agentId: string, entryIds: readonly string[], options: CallOptions = {}): Promise<number> {
    const body = { entries: entryIds.map((entry_id) => ({ entry_id })) };
    const { acknowledged } = await this.calls.run({ ...options, safe: true }, (init) =>
      this.calls.api.POST('/v1/agents/{agent_id}/inbox/ack', { ...init, params: path(agentId), body }),
    );
    return acknowledged;
  }

  /** Reports that the agent begins. Rejects with ASSIGNMENT_STALE when the task is no longer its own. */
  startTask(
    agentId: string,
    taskId: string,
    report: Schemas['ReportStart'],
    options: CallOptions = {},
  ): Promise<{ server_time_ms: number }> {
    return this.calls.run({ ...options, safe: true }, (init) =>
      this.calls.api.POST('/v1/agents/{agent_id}/tasks/{task_id}/start', {
        ...init,
        params: taskPath(agentId, taskId),
        body: report,
      }),
    );
  }

  reportProgress(
    agentId: string,
    taskId: string,
    report: Schemas['ReportProgress'],
    options: CallOptions = {},
  ): Promise<{ server_time_ms: number }> {
    return this.calls.run({ ...options, safe: true }, (init) =>
      this.calls.api.POST('/v1/agents/{agent_id}/tasks/{task_id}/progress', {
        ...init,
        params: taskPath(agentId, taskId),
        body: report,
      }),
    );
  }

  /** Claims completion. */
  completeTask(
    agentId: string,
    taskId: string,
    report: Schemas['ReportCompletion'],
    options: CallOptions = {},
  ): Promise<{ server_time_ms: number }> {
    return this.calls.run({ ...options, safe: true }, (init) =>
      this.calls.api.POST('/v1/agents/{agent_id}/tasks/{task_id}/complete', {
        ...init,
        params: taskPath(agentId, taskId),
        body: report,
      }),
    );
  }

  /** Reports that the attempt failed, or gives the task back. */
  failTask(
    agentId: string,
    taskId: string,
    report: Schemas['ReportFailure'],
    options: CallOptions = {},
  ): Promise<{ server_time_ms: number }> {
    return this.calls.run({ ...options, safe: true }, (init) =>
      this.calls.api.POST('/v1/agents/{agent_id}/tasks/{task_id}/fail', {
        ...init,
        params: taskPath(agentId, taskId),
        body: report,
      }),
    );
  }

  #page(
    filters: AgentFilters,
    cursor: string | undefined,
    options: CallOptions,
  ): Promise<Schemas['AgentPage']> {
    const { role, skills = [], status } = filters;
    const query = {
      limit: PAGE,
      ...(role !== undefined && { role }),
      ...(skills.length > 0 && { skills: skills.join(',') }),
      ...(status !== undefined && { status }),
      ...(cursor !== undefined && { cursor }),
    };
    return this.calls.run({ ...options, safe: true }, (init) =>
      this.calls.api.GET('/v1/agents', { ...init, params: { query } }),
    );
  }
}
