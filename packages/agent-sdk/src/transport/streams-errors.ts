import { type ErrorCode, errorRow, NovaError } from '@nova-torch/protocol';
import { BrokerAuthError, codeOf, PayloadTooLargeError } from '@nova-torch/streams';
import { AgentGoneError, TransportUnavailableError } from './agent-transport.ts';

/** The error a refused request rejects with. */
export function refusal(code: ErrorCode, detail: string): Error {
  if (code === 'AGENT_UNKNOWN') return new AgentGoneError(detail);
  const later = errorRow(code).status >= 500 || code === 'OVERLOADED';
  return later ? new TransportUnavailableError(`${code}: ${detail}`) : new NovaError(code, detail);
}

/** Rethrows what the broker's client threw as one of the errors a transport may reject with. */
export function translateBrokerError(error: unknown): never {
  if (error instanceof PayloadTooLargeError) throw new NovaError('PAYLOAD_TOO_LARGE', error.message);
  if (error instanceof BrokerAuthError) throw new NovaError('UNAUTHENTICATED', error.message);
  const text = error instanceof Error ? error.message : String(error);
  if (codeOf(error) === 'NOGROUP') throw new AgentGoneError(`the inbox is gone: ${text}`);
  throw new TransportUnavailableError(text, { cause: error });
}
