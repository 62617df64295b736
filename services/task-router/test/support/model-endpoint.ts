// An OpenAI-compatible endpoint, as a real HTTP server: a foreign part, which does what the test wants of it.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedCall {
  readonly path: string | undefined;
  readonly authorization: string | undefined;
  readonly body: { model: string; messages: { role: string; content: string }[] };
}

export interface ModelEndpoint {
  readonly url: string;
  /** Every call, in order. */
  readonly calls: readonly ReceivedCall[];
  /** How calls are answered from now on. */
  answer(how: (response: ServerResponse, call: ReceivedCall) => void): void;
  stop(): Promise<void>;
}

export const PICK = {
  skills: ['go', 'postgresql'],
  role: 'developer',
  complexity: 0.7,
  parallelisable: true,
  team_needed: false,
};

/** Answers with this as the model's words, and these tokens unless told that none are said. */
export const says =
  (content: unknown, usage: object | undefined = { prompt_tokens: 300, completion_tokens: 40 }) =>
  (response: ServerResponse): void => {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ choices: [{ message: { role: 'assistant', content: text } }], usage }));
  };

export const status =
  (code: number) =>
  (response: ServerResponse): void => {
    response.writeHead(code, { 'content-type': 'text/plain' }).end('no');
  };

export async function startModelEndpoint(): Promise<ModelEndpoint> {
  const calls: ReceivedCall[] = [];
  let how: (response: ServerResponse, call: ReceivedCall) => void = says(PICK);
  const server = createServer((request, response) => {
    void readBody(request).then((text) => {
      const { url: path, headers } = request;
      const call = { path, authorization: headers.authorization, body: JSON.parse(text) };
      calls.push(call);
      how(response, call);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    calls,
    answer(next) {
      how = next;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return text;
}
