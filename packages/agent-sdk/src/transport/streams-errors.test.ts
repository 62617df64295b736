import { NovaError } from '@nova-torch/protocol';
import {
  BrokerAuthError,
  BrokerReplyError,
  BrokerTimeoutError,
  PayloadTooLargeError,
} from '@nova-torch/streams';
import { describe, expect, it } from 'vitest';
import { AgentGoneError, TransportUnavailableError } from './agent-transport.ts';
import { refusal, translateBrokerError } from './streams-errors.ts';

describe('what an agent hears of the broker’s errors', () => {
  it.each([
    [new BrokerTimeoutError('late'), TransportUnavailableError],
    [new BrokerReplyError('OOM command not allowed'), TransportUnavailableError],
    ['a text', TransportUnavailableError],
    [new BrokerReplyError('NOGROUP No such key'), AgentGoneError],
    [new BrokerAuthError('no'), NovaError],
    [new PayloadTooLargeError('message.send.v1', 2, 1), NovaError],
  ])('%s', (error, kind) => {
    expect(() => translateBrokerError(error)).toThrow(kind);
  });

  it('tells a refusal for now from one for good', () => {
    expect(refusal('AGENT_UNKNOWN', 'gone')).toBeInstanceOf(AgentGoneError);
    expect(refusal('NO_ANSWER', 'later')).toBeInstanceOf(TransportUnavailableError);
    expect(refusal('OVERLOADED', 'later')).toBeInstanceOf(TransportUnavailableError);
    expect(refusal('NO_RECIPIENT', 'nobody')).toMatchObject({ code: 'NO_RECIPIENT' });
  });
});
