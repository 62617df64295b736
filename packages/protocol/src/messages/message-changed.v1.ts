import { z } from 'zod';
import { MessageReceipt } from '../agent-message.ts';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { MessageId } from '../ids.ts';

/**
 * A message was queued for, delivered to, or found undeliverable to an agent. Written by collaboration on the feed
 * collaboration.events.
 */
export const MessageChangedV1 = defineMessage(
  'message.changed.v1',
  z.object({ message_id: MessageId, receipt: MessageReceipt }),
);
export type MessageChangedV1 = MessageOf<typeof MessageChangedV1>;
