import { z } from 'zod';

/** What the active task-router saw of the fleet's autonomy in the last hour. docs/AUTONOMY.md defines each figure. */
export const AutonomyFigures = z.object({
  window_s: z
    .number()
    .min(0)
    .describe('How long it has been looking, at most an hour; shorter after a start'),
  ended: z.int().min(0).describe('Ends of tasks'),
  ended_alone: z.int().min(0).describe('Those of them no person had a hand in'),
  completed: z.int().min(0).describe('Ends of tasks that were completed'),
  agent_hours: z.number().min(0).describe('Time of living agents, summed up'),
  adaptations: z.int().min(0).describe('Demands without a free agent that got one'),
  adapt_p50_s: z.number().min(0).optional().describe('Half of those got one within this; absent without any'),
});
export type AutonomyFigures = z.infer<typeof AutonomyFigures>;
