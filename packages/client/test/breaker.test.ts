import { createServer, type Server } from 'node:http';
import { freePort } from '@nova-torch/testing';
import { afterEach, expect, test, vi } from 'vitest';
import { createBreaker } from '../src/breaker.ts';
import { NovaClient } from '../src/index.ts';

let server: Server | undefined;
afterEach(() => {
  vi.useRealTimers();
  server?.closeAllConnections();
  server?.close();
});

test('opens after so many silences, tries one call at a time, and closes when it is answered', async () => {
  vi.useFakeTimers();
  let answers = false;
  let calls = 0;
  const breaker = createBreaker({
    isSilence: (error) => error instanceof Error && error.message === 'silence',
    refusal: () => new Error('refused'),
    ...{ breakAfter: 3, tryAfterMs: 30 },
  });
  const call = () =>
    breaker.run(async () => {
      calls += 1;
      if (!answers) throw new Error('silence');
      return 'answer';
    });
  const refused = () => breaker.run(() => Promise.reject(new Error('a refusal is an answer')));
  for (let n = 0; n < 2; n += 1) await expect(call()).rejects.toThrow('silence');
  await expect(refused()).rejects.toThrow('an answer');
  for (let n = 0; n < 3; n += 1) await expect(call()).rejects.toThrow('silence');
  expect(breaker.state).toBe('open');
  await expect(call()).rejects.toThrow('refused');
  expect(calls).toBe(5);

  await vi.advanceTimersByTimeAsync(40);
  await expect(call()).rejects.toThrow('silence');
  await expect(call()).rejects.toThrow('refused');
  expect(calls).toBe(6);
  answers = true;
  await vi.advanceTimersByTimeAsync(40);
  expect(await call()).toBe('answer');
  expect(breaker.state).toBe('closed');
});

test('a long call that finds the address back does not hold up the others', async () => {
  vi.useFakeTimers();
  const breaker = createBreaker({
    isSilence: () => true,
    refusal: () => new Error('refused'),
    ...{ breakAfter: 1, tryAfterMs: 10, probeMs: 20 },
  });
  const silent = () => breaker.run(() => Promise.reject(new Error('silence')));
  const long = Promise.withResolvers<string>();
  await expect(silent()).rejects.toThrow('silence');
  await vi.advanceTimersByTimeAsync(15);
  const waiting = breaker.run(() => long.promise);
  const short = breaker.run(async () => 'short');
  await vi.advanceTimersByTimeAsync(20);
  expect(await short).toBe('short');
  expect(breaker.state).toBe('closed');
  long.resolve('long');
  expect(await waiting).toBe('long');

  // One that fails after all counts.
  await expect(silent()).rejects.toThrow('silence');
  await vi.advanceTimersByTimeAsync(15);
  const failing = Promise.withResolvers<string>();
  const failed = breaker.run(() => failing.promise);
  await vi.advanceTimersByTimeAsync(30);
  expect(breaker.state).toBe('closed');
  failing.reject(new Error('late silence'));
  await expect(failed).rejects.toThrow('late silence');
  expect(breaker.state).toBe('open');
});

test('a client stops calling a gateway that is gone, and finds it when it is back', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  let requests = 0;
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server = createServer((_, response) => {
        requests += 1;
        response.setHeader('content-type', 'application/json');
        response.end('{"name":"admin","kind":"admin"}');
      });
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
  const port = await freePort();
  await listen(port);
  const client = new NovaClient({
    baseUrl: `http://127.0.0.1:${port}`,
    key: 'k',
    retries: { attemptsMax: 1 },
  });
  await client.me();
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve));
  for (let n = 0; n < 5; n += 1) await expect(client.me()).rejects.toMatchObject({ code: 'UNREACHABLE' });
  await expect(client.me()).rejects.toMatchObject({
    code: 'UNREACHABLE',
    retryable: true,
    message: expect.stringContaining('not tried'),
  });
  // The same gateway with another key is the same gateway.
  await expect(client.withKey('other').me()).rejects.toThrow('not tried');
  await listen(port);
  await expect(client.me()).rejects.toThrow('not tried');
  expect(requests).toBe(1);
  vi.advanceTimersByTime(270);
  expect(await client.me()).toMatchObject({ name: 'admin' });
});

test('a call that may not be repeated is made once the gateway is back: while it was away nothing was sent', async () => {
  let requests = 0;
  const answer = createServer((_, response) => {
    requests += 1;
    response.setHeader('content-type', 'application/json');
    response.end('{"task_id":"t","status":"cancelled"}');
  });
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      answer.once('error', reject);
      server = answer.listen(port, '127.0.0.1', resolve);
    });
  const port = await freePort();
  await listen(port);
  await new Promise((resolve) => answer.close(resolve));
  const client = new NovaClient({ baseUrl: `http://127.0.0.1:${port}`, key: 'k' });
  const away = await Promise.allSettled([client.cancelTask('t'), client.me()]);
  for (const { reason } of away as PromiseRejectedResult[]) {
    expect(reason).toMatchObject({ code: 'UNREACHABLE', isUnsent: true });
  }
  await listen(port);
  // The breaker is still open: the first try is refused by it, a later one gets through.
  expect(await client.cancelTask('t')).toMatchObject({ status: 'cancelled' });
  expect(requests).toBe(1);
});
