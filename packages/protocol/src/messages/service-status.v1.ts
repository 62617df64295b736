import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';

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
  }),
);
export type ServiceStatusV1 = MessageOf<typeof ServiceStatusV1>;
