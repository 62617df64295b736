import { z } from 'zod';
import { DeadLetterResult } from '../dead-letter.ts';
import { defineMessage, type MessageOf } from '../envelope.ts';

/**
 * Answer that says what became of each dead letter that was to be put back or thrown away, on the asker's reply stream.
 * With a cursor there are more that may fit the filter.
 */
export const DeadLetterSettledV1 = defineMessage(
  'dead-letter.settled.v1',
  z.object({ results: z.array(DeadLetterResult), next_cursor: z.string().optional() }),
);
export type DeadLetterSettledV1 = MessageOf<typeof DeadLetterSettledV1>;
