// What a span says about a message and its stream, by OpenTelemetry's semantic conventions for messaging; what those have
// no name for stands under nova_torch.
import type { SpanAttributes } from './span.ts';

/** The part of a message's envelope that tracing looks at. */
export interface TracedMessage {
  id: string;
  type: string;
  sender: string;
  payload: unknown;
  correlation_id?: string | undefined;
  traceparent?: string | undefined;
}

/** A message and the key of the stream it came from. */
export interface Received {
  readonly message: TracedMessage;
  readonly stream: string;
  /** The consumer group that reads it, the service's unless given. */
  readonly group?: string;
  /** What became of it before; a replay by a person is linked to. */
  readonly history?: readonly { readonly outcome: string; readonly traceparent?: string | undefined }[];
}

/** The traceparents of those who put a message back from the dead letters. */
export function replaysIn(history: Received['history'] = []): string[] {
  return history.flatMap(({ outcome, traceparent }) =>
    outcome === 'replayed' && traceparent !== undefined ? [traceparent] : [],
  );
}

/** Streams of which there is one for each agent or instance, by what their names begin with. */
const TEMPLATES = [
  ['agents.direct.', 'agents.direct.{agent_id}'],
  ['replies.', 'replies.{instance}'],
] as const;

/** The name of a stream without its hash tag: `{nova.torch}.tasks.queue` → `tasks.queue`; a template where there are many. */
export function streamName(stream: string): string {
  const name = nameOf(stream);
  return templateOf(name) ?? name;
}

/** What a span says about the stream. The names are few: an inbox is told by its template, and its agent by another attribute. */
export function streamAttributes(operation: 'send' | 'process', stream: string): SpanAttributes {
  const name = nameOf(stream);
  const template = templateOf(name);
  return {
    'messaging.system': 'redis',
    'messaging.operation.name': operation,
    'messaging.operation.type': operation,
    ...(template === undefined
      ? { 'messaging.destination.name': name }
      : { 'messaging.destination.template': template }),
  };
}

/** What a span says about the message. */
export function messageAttributes(message: TracedMessage): SpanAttributes {
  const { id, type, sender, correlation_id, payload } = message;
  return {
    'messaging.message.id': id,
    'messaging.message.conversation_id': correlation_id,
    'nova_torch.message.type': type,
    'nova_torch.message.sender': sender,
    'nova_torch.task_id': textMember(payload, 'task_id'),
    'nova_torch.agent_id': textMember(payload, 'agent_id'),
  };
}

const nameOf = (stream: string): string => stream.replace(/^\{[^}]*\}\./, '');

const templateOf = (name: string): string | undefined =>
  TEMPLATES.find(([start]) => name.startsWith(start))?.[1];

/** A member of a payload, if it is a text. */
export function textMember(payload: unknown, name: string): string | undefined {
  if (typeof payload !== 'object' || payload === null) return undefined;
  const value = (payload as Record<string, unknown>)[name];
  return typeof value === 'string' ? value : undefined;
}
