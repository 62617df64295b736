// One command, one answer, over a connection of its own: what starting and checking a broker needs before there is a
// client. Everything after that goes through the client of packages/streams.
import { connect } from 'node:net';

export type BrokerAnswer = string | number | null | BrokerAnswer[];

/** The broker answered with an error line, for example `NOAUTH Authentication required.` */
export class BrokerAnswerError extends Error {}

export interface AskOptions {
  /** Default 1,000 ms. */
  timeoutMs?: number;
  password?: string | undefined;
}

interface Parsed {
  value: BrokerAnswer | BrokerAnswerError;
  next: number;
}

function parseBulk(bytes: Buffer, start: number, length: number): Parsed | undefined {
  if (length < 0) return { value: null, next: start };
  if (bytes.length < start + length + 2) return undefined;
  return { value: bytes.toString('utf8', start, start + length), next: start + length + 2 };
}

function parseArray(bytes: Buffer, start: number, length: number): Parsed | undefined {
  const values: BrokerAnswer[] = [];
  let next = start;
  for (let index = 0; index < length; index += 1) {
    const item = parseAnswer(bytes, next);
    if (!item) return undefined;
    values.push(item.value instanceof BrokerAnswerError ? item.value.message : item.value);
    next = item.next;
  }
  return { value: length < 0 ? null : values, next };
}

/** Parses one RESP2 answer at `start`; undefined while it is not complete. */
function parseAnswer(bytes: Buffer, start: number): Parsed | undefined {
  const end = bytes.indexOf('\r\n', start);
  if (end < 0) return undefined;
  const line = bytes.toString('utf8', start + 1, end);
  const next = end + 2;
  switch (String.fromCharCode(bytes[start] ?? 0)) {
    case '+':
      return { value: line, next };
    case '-':
      return { value: new BrokerAnswerError(line), next };
    case ':':
      return { value: Number(line), next };
    case '$':
      return parseBulk(bytes, next, Number(line));
    case '*':
      return parseArray(bytes, next, Number(line));
    default:
      return { value: new BrokerAnswerError('it does not speak the Redis protocol'), next };
  }
}

function encode(command: readonly string[]): string {
  return `*${command.length}\r\n${command.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`).join('')}`;
}

/** The last of `count` answers, or the first that is an error; undefined while not all are there. */
function parseLast(bytes: Buffer, count: number): Parsed | undefined {
  let parsed: Parsed | undefined = { value: null, next: 0 };
  for (let index = 0; index < count && parsed; index += 1) {
    parsed = parseAnswer(bytes, parsed.next);
    if (parsed?.value instanceof BrokerAnswerError) return parsed;
  }
  return parsed;
}

/**
 * Sends one command to the broker on loopback port `port` and resolves with its answer. Rejects with
 * `BrokerAnswerError` when the broker says no, with the socket's error when nobody listens, and after `timeoutMs`.
 */
export function askBroker(
  port: number,
  command: readonly string[],
  { timeoutMs = 1_000, password }: AskOptions = {},
): Promise<BrokerAnswer> {
  const commands = password === undefined ? [command] : [['AUTH', password], command];
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let received = Buffer.alloc(0);
    const settle = (act: () => void): void => {
      socket.destroy();
      act();
    };
    socket.setTimeout(timeoutMs, () =>
      settle(() => reject(new Error(`no answer to ${command[0]} on port ${port} within ${timeoutMs} ms`))),
    );
    socket.once('error', (error) => settle(() => reject(error)));
    socket.once('close', () => reject(new Error(`the broker on port ${port} closed the connection`)));
    socket.once('connect', () => socket.write(commands.map(encode).join('')));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const answer = parseLast(received, commands.length);
      if (!answer) return;
      const { value } = answer;
      settle(() => (value instanceof BrokerAnswerError ? reject(value) : resolve(value)));
    });
  });
}
