import { z } from 'zod';
import * as bounds from './bounds.ts';
import { AgentId, SpawnId } from './ids.ts';
import { RoleName, SkillName } from './names.ts';

/** What an agent must be able to do. It names at least one thing: anybody can do nothing in particular. */
export const AgentDemand = z
  .strictObject({
    role: RoleName.optional(),
    skills: z.array(SkillName).max(bounds.SKILLS_MAX).default([]).describe('All of them are demanded'),
  })
  .refine(({ role, skills }) => role !== undefined || skills.length > 0, 'must name a role or a skill');
export type AgentDemand = z.infer<typeof AgentDemand>;

export const DEMAND_STATES = ['noticed', 'asked', 'starting', 'running', 'refused', 'failed'] as const;
/**
 * How far the search for an agent is: nobody was asked yet, the spawner was asked, it starts one, that one registered,
 * the request was refused, or what was started does not do.
 */
export const DemandState = z.enum(DEMAND_STATES);
export type DemandState = z.infer<typeof DemandState>;

/** Tasks that no living agent can do, by what they demand. Times are Unix milliseconds. */
export const UnservedDemand = z.object({
  role: z.string().optional(),
  skills: z.array(z.string()),
  /** Tasks that wait for such an agent. */
  tasks: z.int().min(0),
  /** Since when the first of their line is ready. */
  oldest_ready_at_ms: z.number().optional(),
  state: DemandState,
  /** Why there is no agent yet, as far as it is known. */
  reason: z.string().optional(),
  /** Requests sent for it since it was noticed. */
  attempts: z.int().min(0),
  noticed_at_ms: z.number().optional(),
  asked_at_ms: z.number().optional(),
  /** When the spawner is asked again at the latest. */
  next_at_ms: z.number().optional(),
  spawn_id: SpawnId.optional(),
  template: z.string().optional(),
  agent_id: AgentId.optional(),
});
export type UnservedDemand = z.infer<typeof UnservedDemand>;
