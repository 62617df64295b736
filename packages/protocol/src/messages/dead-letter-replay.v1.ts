import { z } from 'zod';
import { DEAD_LETTERS_AT_ONCE, DeadLetterFilter, DeadLetterId } from '../dead-letter.ts';
import { defineMessage, type MessageOf } from '../envelope.ts';

/**
 * Request: puts dead letters back on the streams they came from, to be tried anew. Those named, or those that fit the filter from the
 * cursor on, at most `limit`. Sent on upkeep.<service>, consumed by that service, answered by dead-letter.settled.v1.
 */
export const DeadLetterReplayV1 = defineMessage(
  'dead-letter.replay.v1',
  z.object({
    dead_letter_ids: z.array(DeadLetterId).max(DEAD_LETTERS_AT_ONCE).optional(),
    filter: DeadLetterFilter.optional(),
    cursor: z.string().max(200).optional(),
    limit: z.int().min(1).max(DEAD_LETTERS_AT_ONCE).default(DEAD_LETTERS_AT_ONCE),
    by: z.string().max(200).describe('Who asks for it'),
  }),
);
export type DeadLetterReplayV1 = MessageOf<typeof DeadLetterReplayV1>;
