import { z } from 'zod';
import { DeadLetterId } from '../dead-letter.ts';
import { defineMessage, type MessageOf } from '../envelope.ts';

/**
 * Question: one dead letter with its attempts and its message as it was on the stream, from the character `from` on. Sent
 * on upkeep.<service>, consumed by that service, answered by dead-letter.state.v1.
 */
export const DeadLetterGetV1 = defineMessage(
  'dead-letter.get.v1',
  z.object({ dead_letter_id: DeadLetterId, from: z.int().min(0).default(0) }),
);
export type DeadLetterGetV1 = MessageOf<typeof DeadLetterGetV1>;
