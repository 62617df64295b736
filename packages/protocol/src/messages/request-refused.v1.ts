import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { ErrorCode } from '../errors.ts';

/**
 * Answer to any request that is refused, on the asker's reply stream. `code` is one of the error table.
 */
export const RequestRefusedV1 = defineMessage(
  'request.refused.v1',
  z.object({
    code: ErrorCode,
    detail: z.string(),
    field: z.string().optional(),
    retry_after_ms: z.number().optional(),
  }),
);
export type RequestRefusedV1 = MessageOf<typeof RequestRefusedV1>;
