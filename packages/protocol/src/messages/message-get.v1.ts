import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { MessageId } from '../ids.ts';

/**
 * Question: what became of a message? Sent on collaboration.peer, consumed by collaboration, answered by message.state.v1.
 */
export const MessageGetV1 = defineMessage('message.get.v1', z.object({ message_id: MessageId }));
export type MessageGetV1 = MessageOf<typeof MessageGetV1>;
