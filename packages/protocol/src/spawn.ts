import { z } from 'zod';
import * as bounds from './bounds.ts';
import { AgentDemand } from './demand.ts';
import { AgentId, SpawnId } from './ids.ts';
import { RoleName, SkillName, TeamName } from './names.ts';
import { Labels } from './task-spec.ts';

/** A kind of agent that can be started. Times are seconds. */
export const AgentTemplate = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/),
  description: z.string().max(500).default(''),
  role: RoleName,
  skills: z.array(SkillName).max(bounds.SKILLS_MAX).default([]),
  capacity: z.int().min(1).max(bounds.CAPACITY_MAX).default(1),
  command: z
    .array(z.string().min(1))
    .min(1)
    .describe('Run once for each task; never given the broker password'),
  env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string()).default({}),
  cwd: z.string().optional(),
  max_instances: z.int().min(1).max(1_000).default(10),
  stop_grace_s: z.number().min(0).max(600).default(10).describe('From the polite end to the forced one'),
  labels: Labels.default({}),
  teams: z.array(TeamName).max(bounds.TEAMS_MAX).optional(),
});
export type AgentTemplate = z.infer<typeof AgentTemplate>;

export const SPAWN_STATES = ['starting', 'running', 'stopping', 'stopped', 'failed'] as const;
export const SpawnState = z.enum(SPAWN_STATES);
export type SpawnState = z.infer<typeof SpawnState>;

/** One agent process the spawner started. */
export const SpawnRecord = z.object({
  spawn_id: SpawnId,
  agent_id: AgentId,
  template: z.string(),
  role: z.string(),
  state: SpawnState,
  requested_by: z.string(),
  /** What it was asked to be able to do, when it was not asked for by its template. */
  demand: AgentDemand.optional(),
  host: z.string(),
  pid: z.int().optional(),
  /** Start time of the pid as the kernel counts it: with the pid it names one process for good. */
  pid_start: z.string().optional(),
  exit_code: z.int().nullable().optional(),
  reason: z.string().optional(),
  requested_at_ms: z.number(),
  ready_at_ms: z.number().optional(),
  ended_at_ms: z.number().optional(),
});
export type SpawnRecord = z.infer<typeof SpawnRecord>;
