import { z } from 'zod';
import { DeadLetterSummary } from '../dead-letter.ts';
import { defineMessage, type MessageOf } from '../envelope.ts';

/**
 * Answer that shows a page of dead letters, on the asker's reply stream. A page may be shorter than asked for, even empty,
 * while there is a cursor.
 */
export const DeadLetterPageV1 = defineMessage(
  'dead-letter.page.v1',
  z.object({ dead_letters: z.array(DeadLetterSummary), next_cursor: z.string().optional() }),
);
export type DeadLetterPageV1 = MessageOf<typeof DeadLetterPageV1>;
