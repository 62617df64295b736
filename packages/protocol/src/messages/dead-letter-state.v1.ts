import { z } from 'zod';
import { DeadLetterAttempt, DeadLetterSummary } from '../dead-letter.ts';
import { defineMessage, type MessageOf } from '../envelope.ts';

/**
 * Answer that shows one dead letter, on the asker's reply stream. `original` is a part of the message as it was on the
 * stream; it has all of it when `original_chars` characters have been asked for.
 */
export const DeadLetterStateV1 = defineMessage(
  'dead-letter.state.v1',
  z.object({
    dead_letter: DeadLetterSummary,
    history: z.array(DeadLetterAttempt),
    original: z.string(),
    original_chars: z.int(),
  }),
);
export type DeadLetterStateV1 = MessageOf<typeof DeadLetterStateV1>;
