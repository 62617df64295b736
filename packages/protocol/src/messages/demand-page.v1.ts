import { z } from 'zod';
import { PAGE_MAX } from '../bounds.ts';
import { UnservedDemand } from '../demand.ts';
import { defineMessage, type MessageOf } from '../envelope.ts';

/**
 * Answer to demand.list.v1, on the asker's reply stream: those noticed first, at most PAGE_MAX of them.
 */
export const DemandPageV1 = defineMessage(
  'demand.page.v1',
  z.object({ unserved: z.array(UnservedDemand).max(PAGE_MAX) }),
);
export type DemandPageV1 = MessageOf<typeof DemandPageV1>;
