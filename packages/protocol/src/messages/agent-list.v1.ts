import { z } from 'zod';
import { AgentStatus } from '../agent.ts';
import { PAGE_MAX, SKILLS_MAX } from '../bounds.ts';
import { defineMessage, type MessageOf } from '../envelope.ts';

/**
 * Question: a page of agents, by id. Sent on registry, consumed by the registry, answered by agent.page.v1. Without filters it is the
 * snapshot a read model starts from: the feed is read from `feed_id` of the first page.
 */
export const AgentListV1 = defineMessage(
  'agent.list.v1',
  z.object({
    role: z.string().optional(),
    skills: z.array(z.string()).max(SKILLS_MAX).optional(),
    status: AgentStatus.optional(),
    cursor: z.string().max(200).optional(),
    limit: z.int().min(1).max(PAGE_MAX).default(PAGE_MAX),
  }),
);
export type AgentListV1 = MessageOf<typeof AgentListV1>;
