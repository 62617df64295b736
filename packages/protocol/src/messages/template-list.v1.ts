import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';

/**
 * Question: the agent templates. Sent on agents.spawning, consumed by the spawner, answered by template.page.v1.
 */
export const TemplateListV1 = defineMessage('template.list.v1', z.object({}));
export type TemplateListV1 = MessageOf<typeof TemplateListV1>;
