import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';

/**
 * Question: what waiting tasks demand that no living agent can do. Sent on tasks.queries, consumed by any task-router,
 * answered by demand.page.v1.
 */
export const DemandListV1 = defineMessage('demand.list.v1', z.object({}));
export type DemandListV1 = MessageOf<typeof DemandListV1>;
