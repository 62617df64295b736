import { type AgentId, ownedKeys, type StreamKeys, streamKeys } from '@nova-torch/protocol';

/** Every key the task-router owns in a partition; nobody else reads or writes them (invariant I1). */
export interface RouterKeys {
  readonly streams: StreamKeys;
  /** HASH: who is the active router, and its term. */
  readonly leader: string;
  /** HASH agent id → slots in use. */
  readonly slots: string;
  /** SET of ended tasks whose dependents are not released yet. */
  readonly resolve: string;
  /** ZSET task id by its next due time in ms: every task that has not ended. */
  readonly timers: string;
  /** ZSET task id by assignment time in ms: every task an agent holds. */
  readonly active: string;
  /** ZSET of all task ids, score 0: in the order of their ids, which is that of their making. */
  readonly index: string;
  /** ZSET task id by end time in ms. */
  readonly ended: string;
  /** SET of the classes of demand that may have waiting tasks. */
  readonly classes: string;
  /** HASH schedule id → the schedule as JSON. */
  readonly schedules: string;
  /** ZSET schedule id by its next due time in ms: every active schedule. */
  readonly schedulesDue: string;
  /** HASH task type → how long its completed tasks ran, as JSON. */
  readonly durations: string;
  /** HASH class of demand → JSON: the search for an agent that can do what nobody alive can. */
  readonly wanted: string;
  /** HASH: the record of one task. */
  task(taskId: string): string;
  /** ZSET task id by waiting score: the line of one class. */
  waiting(className: string): string;
  /** SET of the tasks that wait for this one, or for a workflow to be written whole. */
  dependents(taskId: string): string;
  /** ZSET of the tasks of a workflow, score 0. */
  workflow(workflowId: string): string;
  inbox(agentId: AgentId): string;
}

export function routerKeys(partition: number): RouterKeys {
  const own = ownedKeys(partition, 'task-router');
  const streams = streamKeys(partition);
  return {
    streams,
    leader: `${own}:leader`,
    slots: `${own}:slots`,
    resolve: `${own}:resolve`,
    timers: `${own}:timers`,
    active: `${own}:active`,
    index: `${own}:index`,
    ended: `${own}:ended`,
    classes: `${own}:classes`,
    schedules: `${own}:schedules`,
    schedulesDue: `${own}:schedules:due`,
    durations: `${own}:durations`,
    wanted: `${own}:wanted`,
    task: (taskId) => `${own}:task:${taskId}`,
    waiting: (className) => `${own}:waiting:${className}`,
    dependents: (taskId) => `${own}:dependents:${taskId}`,
    workflow: (workflowId) => `${own}:workflow:${workflowId}`,
    inbox: (agentId) => streams.agentInbox(agentId),
  };
}
