import {
  DeadLetterAttempt,
  DeadLetterFilter,
  DeadLetterId,
  DeadLetterResult,
  DeadLetterSummary,
} from '@nova-torch/protocol';
import { z } from 'zod';

/** Parts of schemas that the routes of dead letters share. */
export const deadLetterPath = z.object({
  dead_letter_id: DeadLetterId.meta({ examples: ['tasks.queue:1763683200123-0'] }),
});

const { since_ms, until_ms, ...texts } = DeadLetterFilter.shape;

/** The filter as query parameters. */
export const deadLetterQuery = {
  ...texts,
  since_ms: z.coerce.number().optional().describe('Given up at this time or later, Unix ms'),
  until_ms: z.coerce.number().optional().describe('Given up before this time, Unix ms'),
};

export const DeadLetter = z
  .object({
    ...DeadLetterSummary.shape,
    history: z.array(DeadLetterAttempt).describe('Every attempt, the oldest first; at most 50 are kept'),
    original: z.string().describe('The message as it was on the stream'),
  })
  .meta({ id: 'DeadLetter' });

/** Dead letters one request settles at most. */
export const SETTLED_MAX = 1_000;

/** Which ones: those named, or those that fit. */
export const DeadLetterChoice = z
  .strictObject({
    dead_letter_ids: z.array(DeadLetterId).min(1).max(SETTLED_MAX).optional(),
    filter: DeadLetterFilter.optional(),
    all: z.boolean().default(false).describe('Needed to take all of them'),
    cursor: z.string().max(200).optional().describe('`next_cursor` of the answer before'),
    limit: z.int().min(1).max(SETTLED_MAX).default(SETTLED_MAX),
  })
  .refine(
    ({ dead_letter_ids: ids, filter = {}, all }) =>
      [ids !== undefined, Object.keys(filter).length > 0, all].filter(Boolean).length === 1,
    'one of `dead_letter_ids`, `filter` with at least one member, or `all: true` is required',
  )
  .meta({
    id: 'DeadLetterChoice',
    examples: [{ filter: { stream: 'tasks.queue', reason: 'max_deliveries' } }],
  });

export const DeadLettersSettled = z
  .object({
    results: z.array(DeadLetterResult),
    counts: z.record(z.string(), z.int()).describe('Results by outcome'),
    next_cursor: z.string().optional().describe('There may be more that fit'),
  })
  .meta({ id: 'DeadLettersSettled' });

/** Results with how many there are of each outcome. */
export function withCounts<P extends { results: readonly DeadLetterResult[] }>(page: P) {
  const counts: Record<string, number> = {};
  for (const { outcome } of page.results) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return { ...page, counts };
}
