import { z } from 'zod';
import { newUuid } from './ids.ts';

export const PRIORITIES = ['low', 'normal', 'high', 'urgent', 'critical'] as const;
export const Priority = z.enum(PRIORITIES);
export type Priority = z.infer<typeof Priority>;

/** W3C trace context, version 00. */
export const Traceparent = z.string().regex(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/);

/** What every message carries, whatever its type. `timestamp` and `expires_at` are Unix seconds, fractional. */
export const Envelope = z.object({
  id: z.uuid(),
  timestamp: z.number().positive(),
  sender: z.string().min(1).max(200),
  target: z.string().min(1).max(200),
  type: z.string().min(1).max(100),
  payload: z.unknown(),
  priority: Priority.default('normal'),
  /** The request this message answers, or the conversation it belongs to. */
  correlation_id: z.string().max(200).optional(),
  /** The message whose handling made this one. */
  causation_id: z.string().max(200).optional(),
  expires_at: z.number().positive().optional(),
  traceparent: Traceparent.optional(),
});
export type Envelope = z.infer<typeof Envelope>;

/** One message type: its versioned name and the schema of its payload. */
export interface MessageDefinition<T extends string = string, S extends z.ZodType = z.ZodType> {
  readonly type: T;
  readonly payload: S;
  /** Bytes of the whole message, where the bound of all others is too small. */
  readonly bytesMax?: number | undefined;
}

export function defineMessage<const T extends string, S extends z.ZodType>(
  type: T,
  payload: S,
  { bytesMax }: { readonly bytesMax?: number } = {},
): MessageDefinition<T, S> {
  return { type, payload, bytesMax };
}

/** The whole message of a definition: envelope with its literal type and its payload. */
export type MessageOf<D extends MessageDefinition> =
  D extends MessageDefinition<infer T, infer S>
    ? Omit<Envelope, 'type' | 'payload'> & { type: T; payload: z.infer<S> }
    : never;

export interface EnvelopeFields {
  sender: string;
  target: string;
  nowMs: number;
  priority?: Priority | undefined;
  correlation_id?: string | undefined;
  causation_id?: string | undefined;
  expires_at?: number | undefined;
  traceparent?: string | undefined;
}

/** Makes a message of a definition. The payload is typed, not checked again: readers check it. */
export function newMessage<D extends MessageDefinition>(
  definition: D,
  payload: z.infer<D['payload']>,
  fields: EnvelopeFields,
): MessageOf<D> {
  const { nowMs, sender, target, priority = 'normal', ...optional } = fields;
  const message: Record<string, unknown> = {
    id: newUuid(nowMs),
    timestamp: nowMs / 1000,
    sender,
    target,
    type: definition.type,
    payload,
    priority,
  };
  for (const [name, value] of Object.entries(optional)) if (value !== undefined) message[name] = value;
  return message as unknown as MessageOf<D>;
}
