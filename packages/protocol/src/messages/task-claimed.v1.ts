import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { TaskId } from '../ids.ts';

/**
 * Answer to task.claim.v1, on the asker's reply stream.
 */
export const TaskClaimedV1 = defineMessage(
  'task.claimed.v1',
  z.object({ task_id: TaskId, granted: z.boolean(), reason: z.string() }),
);
export type TaskClaimedV1 = MessageOf<typeof TaskClaimedV1>;
