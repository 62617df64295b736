import { z } from 'zod';
import * as bounds from './bounds.ts';
import { AgentId, SpawnId } from './ids.ts';
import { RoleName, SkillName, TeamName } from './names.ts';
import { Labels, PoolName } from './task-spec.ts';

export const AGENT_STATUSES = [
  'starting',
  'idle',
  'active',
  'busy',
  'suspect',
  'draining',
  'offline',
  'failed',
] as const;
export const AgentStatus = z.enum(AGENT_STATUSES);
export type AgentStatus = z.infer<typeof AgentStatus>;

/** Statuses in which an agent may be given a task, if it has a free slot. */
export const mayTakeTasks = (status: AgentStatus): boolean =>
  status === 'idle' || status === 'active' || status === 'busy';

export const AgentSkill = z.object({
  name: SkillName,
  level: z.number().min(0).max(1).default(1).describe('How well, from 0 to 1'),
});
export type AgentSkill = z.infer<typeof AgentSkill>;

export const AgentTransport = z.enum(['streams', 'gateway']);
export type AgentTransport = z.infer<typeof AgentTransport>;

/** What an agent says of itself when it registers. */
export const AgentRegistration = z.strictObject({
  agent_id: AgentId.optional().describe('To register again under the id of before; made for a new agent'),
  name: z.string().min(1).max(100).optional(),
  role: RoleName,
  skills: z
    .array(z.union([SkillName.transform((name) => ({ name, level: 1 })), AgentSkill]))
    .max(bounds.SKILLS_MAX)
    .default([]),
  capacity: z.int().min(1).max(bounds.CAPACITY_MAX).default(1).describe('Tasks it does at the same time'),
  host: z.string().max(200).default('unknown'),
  transport: AgentTransport.default('gateway'),
  tmux_target: z.string().max(200).optional(),
  parent_agent: AgentId.optional(),
  spawn_id: SpawnId.optional(),
  pool: PoolName.default('default'),
  labels: Labels.default({}).describe('Names and values of your own; `label:<name>=<value>` addresses them'),
  teams: z
    .array(TeamName)
    .max(bounds.TEAMS_MAX)
    .optional()
    .describe('Teams it belongs to; `team:<team>` addresses them'),
});
export type AgentRegistration = z.infer<typeof AgentRegistration>;
export type AgentRegistrationInput = z.input<typeof AgentRegistration>;

export const AgentPerformance = z.object({
  tasks_completed: z.int().min(0),
  /** Share of ended attempts that succeeded, 0 to 1; 1 before the first. */
  success_rate: z.number().min(0).max(1),
  /** Seconds from start to completion, mean; 0 before the first. */
  avg_completion_time: z.number().min(0),
});
export type AgentPerformance = z.infer<typeof AgentPerformance>;

/** An agent as the registry knows it. `last_heartbeat` and `registered_at` are Unix seconds of the broker's clock. */
export const AgentRecord = z.object({
  agent_id: AgentId,
  name: z.string().optional(),
  role: z.string(),
  skills: z.array(AgentSkill),
  status: AgentStatus,
  capacity: z.int().min(1),
  last_heartbeat: z.number(),
  current_tasks: z.array(z.string()),
  host: z.string(),
  transport: AgentTransport,
  tmux_target: z.string().optional(),
  parent_agent: AgentId.optional(),
  spawn_id: SpawnId.optional(),
  pool: z.string(),
  labels: z.record(z.string(), z.string()),
  teams: z.array(z.string()).optional(),
  performance: AgentPerformance,
  registered_at: z.number(),
  /** Rises with every change of the record: a reader drops events older than what it has. */
  version: z.int().min(1),
});
export type AgentRecord = z.infer<typeof AgentRecord>;
