import { z } from 'zod';
import { PAGE_MAX } from '../bounds.ts';
import { DeadLetterFilter } from '../dead-letter.ts';
import { defineMessage, type MessageOf } from '../envelope.ts';

/**
 * Question: the dead letters a service keeps, stream by stream, in each the newest first. Sent on upkeep.<service>,
 * consumed by that service, answered by dead-letter.page.v1.
 */
export const DeadLetterListV1 = defineMessage(
  'dead-letter.list.v1',
  z.object({
    filter: DeadLetterFilter,
    cursor: z.string().max(200).optional(),
    limit: z.int().min(1).max(PAGE_MAX).default(50),
  }),
);
export type DeadLetterListV1 = MessageOf<typeof DeadLetterListV1>;
