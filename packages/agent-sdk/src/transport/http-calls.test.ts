import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NovaError } from '@nova-torch/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentGoneError, TransportUnavailableError } from './agent-transport.ts';
import { callGateway } from './http-calls.ts';

let server: Server;
let answer: (response: ServerResponse, path: string) => void;
let apiUrl: string;

beforeAll(async () => {
  server = createServer((request, response) => answer(response, request.url ?? ''));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/base`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const call = (deadlineMs = 5_000) =>
  callGateway(apiUrl, { method: 'POST', path: '/v1/agents', key: 'k', body: {}, deadlineMs });
const answering = (status: number, body: unknown) => {
  answer = (response) => {
    response.writeHead(status, { 'content-type': 'application/problem+json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
};

describe('a call to the gateway', () => {
  it('keeps the path of the address and resolves with the body', async () => {
    answer = (response, path) => response.end(JSON.stringify({ path }));
    expect(await call()).toEqual({ path: '/base/v1/agents' });
    answering(202, '');
    expect(await call()).toBeUndefined();
    answering(200, 'no JSON');
    expect(await call()).toBeUndefined();
  });

  it.each([
    [503, { code: 'NO_ANSWER', detail: 'router' }],
    [429, { code: 'OVERLOADED', detail: 'much' }],
    [500, { code: 'INTERNAL' }],
    [502, '<html>bad gateway</html>'],
    [429, {}],
  ])('may be repeated after %i %j', async (status, body) => {
    answering(status, body);
    await expect(call()).rejects.toThrow(TransportUnavailableError);
  });

  it.each([
    [409, { code: 'ASSIGNMENT_STALE', detail: 'another has it' }, 'ASSIGNMENT_STALE'],
    [400, { code: 'VALIDATION', title: 'not valid' }, 'VALIDATION'],
    [401, 'go away', 'UNAUTHENTICATED'],
    [403, {}, 'FORBIDDEN'],
    [413, 'null', 'PAYLOAD_TOO_LARGE'],
    [404, '"text"', 'VALIDATION'],
  ])('is refused for good by %i %j', async (status, body, code) => {
    answering(status, body);
    const error = await call().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(NovaError);
    expect(error).toMatchObject({ code });
  });

  it('says that the agent is gone', async () => {
    answering(404, { code: 'AGENT_UNKNOWN', detail: 'no such agent' });
    await expect(call()).rejects.toThrow(AgentGoneError);
  });

  it('ends at its deadline, and says why it could not connect', async () => {
    answer = () => {};
    await expect(call(50)).rejects.toThrow(/timeout/);
    const nowhere = callGateway('http://127.0.0.1:1', {
      method: 'GET',
      path: '/',
      key: '',
      deadlineMs: 5_000,
    });
    await expect(nowhere).rejects.toThrow(/ECONNREFUSED|bad port/);
  });
});
