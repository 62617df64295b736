// The command beside brokers without services; that the services go on is tested on the whole platform.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBroker } from '@nova-torch/streams';
import { freePort, startTestBroker, type TestBroker } from '@nova-torch/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from './in-process.ts';

let from: TestBroker;
let to: TestBroker;
const directory = mkdtempSync(join(tmpdir(), 'nova-cli-backup-'));
const file = join(directory, 'pool.backup');

beforeAll(async () => {
  [from, to] = await Promise.all([startTestBroker(), startTestBroker()]);
  const broker = await openBroker({ url: from.url, name: 'test' });
  await broker.batch([
    ['HSET', '{nova.torch}:task-router:task:1', 'status', 'ready'],
    ['XADD', '{nova.torch}.tasks.queue', '1-1', 'm', '{}'],
    ['SET', '{nova.torch:3}:a', '1'],
    ['SET', '{nova.torchlight}:not-ours', '1'],
  ]);
  await broker.close();
});

afterAll(async () => {
  await Promise.all([from?.stop(), to?.stop()]);
  rmSync(directory, { recursive: true, force: true });
});

it('creates, verifies and restores', async () => {
  const created = await run(['--json', 'backup', 'create', file], { NOVA_BROKER_URL: from.url });
  expect(created.json(), created.err).toMatchObject({ keys: 3, items: 3, source: { kind: 'redis' } });
  const verified = await run(['backup', 'verify', file]);
  expect(verified).toMatchObject({
    code: 0,
    out: expect.stringMatching(/is whole: as of 20.*redis.*\n {2}3 keys/),
  });
  const restored = await run(['backup', 'restore', file, '--broker', to.url]);
  expect(restored).toMatchObject({
    code: 0,
    out: expect.stringContaining('every key was compared\n  3 keys'),
  });
  const again = await run(['backup', 'restore', file, '--broker', to.url]);
  expect(again).toMatchObject({ code: 1, err: expect.stringContaining('not empty: it holds 3 keys') });
  const replaced = await run(['--json', 'backup', 'restore', file, '--broker', to.url, '--replace']);
  expect(replaced.json()).toMatchObject({ replaced: 3, keys: 3 });
});

it('finds the broker of the local installation', async () => {
  writeFileSync(join(directory, 'run.json'), JSON.stringify({ broker_url: from.url }));
  const made = await run(['backup', 'create', file], { NOVA_HOME: directory });
  expect(made).toMatchObject({ code: 0, out: expect.stringContaining('3 keys') });
  writeFileSync(join(directory, 'run.json'), '{');
  expect(await run(['backup', 'create', file], { NOVA_HOME: directory })).toMatchObject({ code: 2 });
});

it('takes one partition alone', async () => {
  const made = await run(['backup', 'create', file, '--partition', '3', '--broker', from.url]);
  expect(made).toMatchObject({ code: 0, out: expect.stringContaining('1 keys (1 string)') });
});

it('says what is wrong, by text and exit code', async () => {
  expect(await run(['backup', 'create', file], { NOVA_HOME: directory })).toMatchObject({
    code: 2,
    err: expect.stringContaining('--broker or NOVA_BROKER_URL'),
  });
  const nobody = `redis://127.0.0.1:${await freePort()}`;
  expect(await run(['backup', 'create', file, '--broker', nobody])).toMatchObject({ code: 69 });
  expect(await run(['backup', 'create', file, '--max-hold', '0'])).toMatchObject({ code: 2 });
  writeFileSync(file, 'not a backup');
  expect(await run(['backup', 'verify', file])).toMatchObject({
    code: 1,
    err: expect.stringContaining('cannot be unpacked'),
  });
  expect(await run(['backup', 'verify', join(directory, 'none')])).toMatchObject({ code: 1 });
});
