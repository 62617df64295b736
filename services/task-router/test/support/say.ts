import { type Message, type MessageDefinition, newMessage } from '@nova-torch/protocol';
import type { z } from 'zod';

/** A message as a test sends it. */
export function say<D extends MessageDefinition>(
  definition: D,
  payload: z.input<D['payload']>,
  sender = 'rig',
): Message {
  const checked = definition.payload.parse(payload) as z.infer<D['payload']>;
  return newMessage(definition, checked, { sender, target: 'all', nowMs: Date.now() }) as unknown as Message;
}
