import { z } from 'zod';
import { AgentId, MessageId } from './ids.ts';
import { RoleName, SkillName, TeamName } from './names.ts';

/**
 * Where a message between agents goes: one agent, all agents of a role, with a skill, with a label, of a team, or
 * everybody. A label's name in an address has no `=` in it.
 */
export const AgentAddress = z.union(
  [
    AgentId,
    z.templateLiteral(['role:', RoleName]),
    z.templateLiteral(['skill:', SkillName]),
    z.templateLiteral(['label:', z.string().regex(/^[^=]{1,64}$/), '=', z.string().regex(/^[\s\S]{0,256}$/)]),
    z.templateLiteral(['team:', TeamName]),
    z.literal('broadcast'),
  ],
  {
    error:
      'must be an agent id, role:<role>, skill:<skill>, label:<name>=<value>, team:<team> or broadcast; names are lower-case',
  },
);
export type AgentAddress = z.infer<typeof AgentAddress>;

export const RECEIPT_STATES = ['queued', 'delivered', 'undeliverable', 'expired'] as const;
export const ReceiptState = z.enum(RECEIPT_STATES);

/** What became of a message at one of its recipients. `delivered` only when the agent took it (invariant I10). */
export const MessageReceipt = z.object({
  agent_id: AgentId,
  state: ReceiptState,
  at_ms: z.number(),
  reason: z.string().optional(),
});
export type MessageReceipt = z.infer<typeof MessageReceipt>;

export const MessageRecord = z.object({
  message_id: MessageId,
  from: z.string(),
  to: AgentAddress,
  body: z.unknown(),
  sent_at_ms: z.number(),
  /** Until then it waits, and nobody is its recipient yet. */
  deliver_at_ms: z.number().optional(),
  /** From then on nobody is given it. */
  expires_at_ms: z.number().optional(),
  /** Those of a message to many may not fit into an answer: then the ones not delivered come first, and `counts` has all. */
  recipients: z.array(MessageReceipt),
  counts: z.record(ReceiptState, z.int().min(0)).optional(),
});
export type MessageRecord = z.infer<typeof MessageRecord>;
