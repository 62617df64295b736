import { z } from 'zod';
import { MessageRecord } from '../agent-message.ts';
import { defineMessage, type MessageOf } from '../envelope.ts';

/**
 * Answer that shows one message and its receipts, on the asker's reply stream.
 */
export const MessageStateV1 = defineMessage('message.state.v1', z.object({ message: MessageRecord }));
export type MessageStateV1 = MessageOf<typeof MessageStateV1>;
