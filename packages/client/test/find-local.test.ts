import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findLocal } from '../src/find-local.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'nova-torch-find-local-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

test('reads the address and the key of the state directory', async () => {
  await writeFile(join(home, 'run.json'), JSON.stringify({ api_url: 'http://127.0.0.1:7400' }));
  await writeFile(join(home, 'admin.key'), 'nova_key\n');
  expect(await findLocal({ home })).toEqual({ home, apiUrl: 'http://127.0.0.1:7400', adminKey: 'nova_key' });
});

test('what is missing or broken is not there', async () => {
  expect(await findLocal({ env: { NOVA_HOME: home } })).toEqual({
    home,
    apiUrl: undefined,
    adminKey: undefined,
  });
  await writeFile(join(home, 'run.json'), '{"api_url":');
  expect((await findLocal({ home })).apiUrl).toBeUndefined();
  await writeFile(join(home, 'run.json'), '{"api_url":7400}');
  expect((await findLocal({ home })).apiUrl).toBeUndefined();
  expect((await findLocal()).home).toBe(join(homedir(), '.nova-torch'));
});

test('the environment comes first', async () => {
  await writeFile(join(home, 'admin.key'), 'nova_key\n');
  const env = { NOVA_API_URL: 'http://gateway:7400', NOVA_ADMIN_KEY: 'given' };
  expect(await findLocal({ home, env })).toEqual({
    home,
    apiUrl: 'http://gateway:7400',
    adminKey: 'given',
  });
});
