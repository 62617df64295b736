import { STATUS_CODES } from 'node:http';
import { type ErrorCode, ErrorCode as ErrorCodeSchema, errorRow } from '@nova-torch/protocol';
import { z } from 'zod';

/** What every error looks like (RFC 9457); the documents themselves are made by the service kit. */
export const Problem = z
  .object({
    type: z.string().describe('A URN that names the kind of error'),
    title: z.string(),
    status: z.int(),
    code: ErrorCodeSchema.describe('What programs decide by'),
    detail: z.string().describe('What is particular to this case'),
    hint: z.string().describe('What to do next'),
    instance: z.string().describe('Names this occurrence; the log of the gateway has it too'),
    retryable: z.boolean().describe('Whether the same request may succeed later'),
    errors: z
      .array(z.object({ field: z.string(), detail: z.string() }))
      .optional()
      .describe('The fields that are not valid'),
  })
  .meta({
    id: 'Problem',
  });
export type Problem = z.infer<typeof Problem>;

/** Errors every route with a key can answer with. */
const EVERY_ROUTE: readonly ErrorCode[] = ['VALIDATION', 'UNAUTHENTICATED', 'FORBIDDEN', 'OVERLOADED'];
/** Errors of every route that has a body. */
const EVERY_BODY: readonly ErrorCode[] = ['BODY_NOT_JSON', 'PAYLOAD_TOO_LARGE', 'MEDIA_TYPE'];
/** Errors of every route behind which a service must answer. */
const EVERY_QUESTION: readonly ErrorCode[] = ['BROKER_UNAVAILABLE', 'NO_ANSWER'];

/** Sets of errors that routes share, to be spread into their own. */
export const COMMON_ERRORS = {
  read: [...EVERY_ROUTE, ...EVERY_QUESTION],
  ask: [...EVERY_ROUTE, ...EVERY_BODY, ...EVERY_QUESTION],
  tell: [...EVERY_ROUTE, ...EVERY_BODY, 'BROKER_UNAVAILABLE'],
  local: EVERY_ROUTE,
} as const satisfies Record<string, readonly ErrorCode[]>;

/**
 * The `response` of a route: its successes, and for each status of its errors a problem document whose description
 * lists the codes. Only the successes are in the type: errors are thrown, never sent.
 */
export function answers<R extends Record<number, z.ZodType>>(success: R, codes: readonly ErrorCode[]): R {
  const good = Object.entries(success).map(([status, schema]) => [
    status,
    { description: STATUS_CODES[status], content: { 'application/json': { schema } } },
  ]);
  return { ...Object.fromEntries(good), ...problemAnswers(codes) } as R;
}

/** The errors of a route alone, for one whose successes are not JSON. */
export function problemAnswers(codes: readonly ErrorCode[]): Record<string, unknown> {
  const byStatus = Map.groupBy(new Set(codes), (code) => errorRow(code).status);
  const errors = [...byStatus].map(([status, all]) => [
    status,
    {
      description: all.map((code) => `\`${code}\`: ${errorRow(code).title}`).join('; '),
      content: { 'application/problem+json': { schema: Problem } },
    },
  ]);
  return Object.fromEntries(errors);
}
