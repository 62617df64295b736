import { EventEmitter } from 'node:events';
import { BrokerAuthError, BrokerUnavailableError, ProbeFailedError } from '@nova-torch/streams';
import { expect, test } from 'vitest';
import { ConfigError } from './env.ts';
import { createLogger } from './logger.ts';
import { type ProcessSignals, type RunningService, runMain } from './run-main.ts';

/** Stands for Node's process: signals are emitted by hand, exits are recorded. */
class Shell extends EventEmitter implements ProcessSignals {
  readonly exits: number[] = [];
  readonly lines: string[] = [];
  readonly exited = Promise.withResolvers<number>();
  readonly stderr = { write: (text: string) => this.lines.push(text) };
  exit(code: number): void {
    this.exits.push(code);
    this.exited.resolve(code);
  }
}

function setup(parts: Partial<RunningService> = {}) {
  const signals = new Shell();
  const log: string[] = [];
  const destination = { write: (line: string) => void log.push(line) };
  const calls: string[] = [];
  const service: RunningService = {
    start: async () => void calls.push('start'),
    stop: async () => void calls.push('stop'),
    describe: () => ['consumer registry', 'base'],
    logger: createLogger({ service: 'registry', instance: 'registry-1', level: 'info', destination }),
    ...parts,
  };
  const run = (build: () => Promise<RunningService> = async () => service) =>
    runMain({ name: 'registry', build, signals, stopDeadlineMs: 20 });
  return { signals, log, calls, service, run };
}

test.each(['SIGTERM', 'SIGINT'])('%s stops the service once and the process ends with 0', async (signal) => {
  const { signals, calls, run } = setup();
  await run();
  expect(signals.exits).toEqual([]);
  signals.emit(signal, signal);
  expect(await signals.exited.promise).toBe(0);
  expect(calls).toEqual(['start', 'stop']);
});

test('a stop over the deadline ends with 1 and names what hangs', async () => {
  const { signals, log, run } = setup({ stop: () => new Promise(() => undefined) });
  await run();
  signals.emit('SIGTERM', 'SIGTERM');
  expect(await signals.exited.promise).toBe(1);
  expect(signals.lines).toEqual(['registry: not stopped within 20 ms, hanging: consumer registry, base\n']);
  expect(log.at(-1)).toContain('"level":"fatal"');
});

test('a second signal ends the process at once', async () => {
  const { signals, run } = setup({ stop: () => new Promise(() => undefined) });
  await run();
  signals.emit('SIGTERM', 'SIGTERM');
  signals.emit('SIGINT', 'SIGINT');
  expect(signals.exits).toEqual([130]);
});

test('a signal before the service is built ends the process, and what is built later does not bring it back', async () => {
  const { signals, service, run } = setup();
  const built = Promise.withResolvers<RunningService>();
  const running = run(() => built.promise);
  signals.emit('SIGTERM', 'SIGTERM');
  expect(signals.exits).toEqual([0]);
  built.resolve(service);
  await running;
  expect(signals.exits).toEqual([0]);
});

test('a stop that throws ends with 1 and its stack in the log', async () => {
  const { signals, log, run } = setup({ stop: () => Promise.reject(new Error('cannot let go')) });
  await run();
  signals.emit('SIGTERM', 'SIGTERM');
  expect(await signals.exited.promise).toBe(1);
  expect(log.at(-1)).toMatch(/"level":"fatal".*run-main\.test/);
});

test.each(['uncaughtException', 'unhandledRejection'])('%s is fatal, once', async (event) => {
  const { signals, log, run } = setup();
  await run();
  signals.emit(event, new Error('lost promise'));
  signals.emit(event, 'and another');
  expect(signals.exits).toEqual([1]);
  expect(log.filter((line) => line.includes('"level":"fatal"'))).toHaveLength(1);
  expect(signals.lines).toEqual(['registry: lost promise\n']);
});

test.each([
  [
    new ConfigError([{ variable: 'NOVA_X', given: undefined, expected: 'a word' }]),
    78,
    'configuration: NOVA_X is not set, expected a word',
  ],
  [new BrokerAuthError('the broker refused\n  the password'), 78, 'the broker refused the password'],
  [new ProbeFailedError('XAUTOCLAIM', 'no such command'), 78, "check 'XAUTOCLAIM': no such command"],
  [new BrokerUnavailableError('nobody at redis://:hunter2@h:1'), 69, 'nobody at redis://:[redacted]@h:1'],
  [
    Object.assign(new Error('listen EADDRINUSE'), { code: 'EADDRINUSE' }),
    78,
    'cannot listen: listen EADDRINUSE',
  ],
])('%s ends with %i and one line, no stack', async (error, code, text) => {
  const { signals, log, run } = setup();
  await run(() => Promise.reject(error));
  expect(signals.exits).toEqual([code]);
  expect(signals.lines).toHaveLength(1);
  expect(signals.lines[0]).toContain(text);
  expect(signals.lines[0]?.trim()).not.toContain('\n');
  expect(log).toEqual([]);
});

test('an error of the program at start has its stack in the log', async () => {
  const { signals, log, run } = setup({
    start: () => Promise.reject(new TypeError('undefined is not a stream')),
  });
  await run();
  expect(signals.exits).toEqual([1]);
  expect(log[0]).toContain('"stack"');
});
