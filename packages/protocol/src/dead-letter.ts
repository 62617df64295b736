import { z } from 'zod';

/** Where a dead letter lies: the stream's name without its tag, and the entry in its dead letters. */
export const DeadLetterId = z
  .string()
  .regex(/^[a-z][a-z.-]{0,60}:\d{1,20}-\d{1,20}$/, 'must look like tasks.queue:1763683200000-0')
  .brand<'DeadLetterId'>();
export type DeadLetterId = z.infer<typeof DeadLetterId>;

/** What one consumer did with the message. `replayed` is no attempt: somebody put the message back then. */
export const DeadLetterAttempt = z.object({
  at_ms: z.number(),
  consumer: z.string(),
  duration_ms: z.number(),
  outcome: z.enum(['retry', 'error', 'timeout', 'lost', 'dead_letter', 'replayed']),
  error: z.string().optional(),
});
export type DeadLetterAttempt = z.infer<typeof DeadLetterAttempt>;

/** What a list shows of a dead letter. */
export const DeadLetterSummary = z.object({
  dead_letter_id: DeadLetterId,
  at_ms: z.number().describe('When it was given up, Unix ms'),
  stream: z.string().describe('The stream it came from, without its tag'),
  entry_id: z.string().describe('Its entry there; empty if it was never on it'),
  group: z.string().describe('Who gave it up'),
  reason: z.string(),
  error: z.string(),
  attempts: z.int().describe('How often it was tried, replays included'),
  replays: z.int().describe('How often it was put back before'),
  bytes: z.int().describe('Of the message as it was on the stream'),
  message: z
    .object({ id: z.string(), type: z.string(), sender: z.string(), target: z.string() })
    .partial()
    .optional()
    .describe('What could be read of it'),
});
export type DeadLetterSummary = z.infer<typeof DeadLetterSummary>;

/** Which dead letters; all that are given must fit. */
export const DeadLetterFilter = z.object({
  stream: z.string().max(200).optional().describe('The stream they came from, without its tag'),
  reason: z.string().max(100).optional(),
  type: z.string().max(100).optional().describe('Of the message: task.submitted.v1'),
  error: z.string().max(200).optional().describe('Part of the error'),
  since_ms: z.number().optional(),
  until_ms: z.number().optional(),
});
export type DeadLetterFilter = z.infer<typeof DeadLetterFilter>;

/** What became of one that was to be put back or thrown away. */
export const DeadLetterResult = z.object({
  dead_letter_id: DeadLetterId,
  outcome: z
    .enum(['replayed', 'repeated', 'discarded', 'unknown', 'no_stream', 'expired'])
    .describe(
      '`repeated`: it had been put back before; `no_stream`: the stream it came from is gone; `expired`: nobody would ' +
        'handle it any more; both stay where they are',
    ),
  entry_id: z.string().optional().describe('Where it is now'),
});
export type DeadLetterResult = z.infer<typeof DeadLetterResult>;

/** Results of one request at most. */
export const DEAD_LETTERS_AT_ONCE = 100;

/** Name and entry of a dead letter's id. */
export function splitDeadLetterId(id: DeadLetterId): { name: string; entryId: string } {
  const [name = '', entryId = ''] = id.split(':');
  return { name, entryId };
}
