import type { AgentId } from '@nova-torch/protocol';
import type { Agent, AgentChange } from '../domain/agent.ts';
import type { Heartbeat } from '../domain/heartbeat.ts';
import { attend } from './attend.ts';
import { type ChangeToWrite, changeAgents } from './change-agents.ts';
import type { StoreContext } from './context.ts';
import type { Saying } from './event-message.ts';
import { type HeardAgent, hearAgents } from './hear-agents.ts';
import { noteHeartbeats } from './note-heartbeats.ts';
import {
  type Dues,
  type ReadPosition,
  readAgents,
  readDues,
  readFeedId,
  readIds,
  readPosition,
  readUncounted,
} from './read-agents.ts';
import { type RegisterResult, registerAgent } from './register-agent.ts';
import { type ReleaseResult, type Releaser, releaseAgent } from './release-agent.ts';
import { tellGone } from './tell-gone.ts';

/** The agents of a partition as they are stored. Every function says beside its own definition what it guards. */
export interface AgentStore {
  read(ids: readonly AgentId[]): Promise<(Agent | undefined)[]>;
  readIds(after: string, count: number): Promise<AgentId[]>;
  readFeedId(): Promise<string>;
  readDues(nowMs: number, limit: number): Promise<Dues>;
  readPosition(group: string): Promise<ReadPosition>;
  readUncounted(
    agents: readonly { readonly agentId: AgentId; readonly attempts: readonly string[] }[],
  ): Promise<Set<string>[]>;
  change(changes: readonly ChangeToWrite[], traceparent?: string): Promise<boolean[]>;
  noteHeartbeats(beats: readonly (readonly [AgentId, Heartbeat])[]): Promise<(number | undefined)[]>;
  hear(heard: readonly HeardAgent[]): Promise<boolean[]>;
  register(change: AgentChange, traceparent?: string): Promise<RegisterResult>;
  release(agent: Agent, by: Releaser): Promise<ReleaseResult>;
  tellGone(gone: readonly { readonly agentId: AgentId; readonly reason: string }[]): Promise<number>;
  attend(nowMs: number, breakMs: number): Promise<number>;
}

/** Binds the store's functions to a partition of the broker. Events carry the broker's time. */
export function createAgentStore(context: StoreContext): AgentStore {
  const saying = (traceparent?: string): Saying => ({
    sender: context.sender,
    nowMs: context.broker.serverNowMs(),
    traceparent,
  });
  return {
    read: (ids) => readAgents(context, ids),
    readIds: (after, count) => readIds(context, after, count),
    readFeedId: () => readFeedId(context),
    readDues: (nowMs, limit) => readDues(context, nowMs, limit),
    readPosition: (group) => readPosition(context, group),
    readUncounted: (agents) => readUncounted(context, agents),
    change: (changes, traceparent) => changeAgents(context, changes, saying(traceparent)),
    noteHeartbeats: (beats) => noteHeartbeats(context, beats),
    hear: (heard) => hearAgents(context, heard),
    register: (change, traceparent) => registerAgent(context, change, saying(traceparent)),
    release: (agent, by) => releaseAgent(context, agent, by, saying()),
    tellGone: (gone) => tellGone(context, gone, saying()),
    attend: (nowMs, breakMs) => attend(context, nowMs, breakMs),
  };
}
