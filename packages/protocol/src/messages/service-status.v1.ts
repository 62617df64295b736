import { z } from 'zod';
import { AutonomyFigures } from '../autonomy.ts';
import { defineMessage, type MessageOf, Priority } from '../envelope.ts';
import { LogLevelName } from '../log-level.ts';

/** What holds the flow of an instance back, and its connections to the broker. */
export const FlowStatus = z.object({
  breakers: z.record(z.string(), z.enum(['closed', 'half-open', 'open'])).describe('By what they protect'),
  limits: z.array(
    z.object({
      name: z.string(),
      used: z.number(),
      max: z.number(),
      refused: z.number().optional().describe('How often more was refused'),
    }),
  ),
  shedding: z.array(Priority).describe('Submissions of these priorities are refused now'),
  connections: z.record(z.string(), z.int()).describe('To the broker, by purpose'),
});

/** The level an instance logs at while it is not its own. */
export const ChangedLogLevel = z.object({ level: LogLevelName, until_ms: z.number() });

/**
 * Health and load of one service instance, on the feed monitoring, every two seconds and once when it stops.
 */
export const ServiceStatusV1 = defineMessage(
  'service.status.v1',
  z.object({
    service: z.string(),
    instance: z.string(),
    ready: z.boolean(),
    stopping: z.boolean().default(false),
    missing: z.array(z.string()),
    address: z.string().optional(),
    pid: z.int(),
    started_at_ms: z.number(),
    every_ms: z.int().positive(),
    load: z.record(z.string(), z.number()),
    autonomy: AutonomyFigures.optional(),
    flow: FlowStatus.optional(),
    log_level: ChangedLogLevel.optional(),
  }),
);
export type ServiceStatusV1 = MessageOf<typeof ServiceStatusV1>;
