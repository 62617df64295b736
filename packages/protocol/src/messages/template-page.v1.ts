import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { AgentTemplate } from '../spawn.ts';

/**
 * Answer to template.list.v1, on the asker's reply stream.
 */
export const TemplatePageV1 = defineMessage(
  'template.page.v1',
  z.object({ templates: z.array(AgentTemplate) }),
);
export type TemplatePageV1 = MessageOf<typeof TemplatePageV1>;
