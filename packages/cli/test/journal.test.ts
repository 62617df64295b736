import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openJournal } from '@nova-torch/journal';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from './in-process.ts';

const home = mkdtempSync(join(tmpdir(), 'nova-cli-journal-'));
const dir = join(home, 'journal', '1');
const nova = (...argv: string[]) => run(['journal', ...argv], { NOVA_HOME: home });

beforeAll(async () => {
  const journal = await openJournal({ dir });
  const submission = { submitted_at_ms: Date.UTC(2026, 0, 2), submitter: 'admin' };
  await journal.begin({ ...submission, task_id: 'task-0-a', spec: { title: 'goes on' } });
  await journal.begin({ ...submission, task_id: 'task-0-b', spec: { title: 'is done' } });
  await journal.end({ task_id: 'task-0-b', status: 'completed', ended_at_ms: Date.UTC(2026, 0, 3) });
  await journal.close();
});

afterAll(() => rmSync(home, { recursive: true, force: true }));

test('verify says what is kept, and that it is whole', async () => {
  const { code, out } = await nova('verify');
  expect(code).toBe(0);
  expect(out).toContain('1 segments');
  expect(out).toContain('1 tasks have not ended, 1 ended ones are kept');
  expect(out).toContain('every record is whole');
});

test('looks where NOVA_JOURNAL_DIR says, unless a directory is named', async () => {
  const elsewhere = { NOVA_HOME: join(home, 'elsewhere'), NOVA_JOURNAL_DIR: dir };
  expect((await run(['journal', 'verify'], elsewhere)).out).toContain(`${dir}: journal`);
  expect((await run(['journal', 'verify', join(home, 'nothing')], elsewhere)).code).toBe(1);
});

test('list shows what has not ended, or all', async () => {
  const open = await nova('list', dir);
  expect(open.out).toMatch(/task-0-a +open +2026-01-02T00:00:00.000Z +admin +goes on/);
  expect(open.out).not.toContain('task-0-b');
  expect((await nova('list', '--all')).out).toMatch(/task-0-b +completed/);
});

test('verify fails when a record is damaged, and says where', async () => {
  const file = join(dir, '0000000001.segment');
  const bytes = readFileSync(file);
  bytes.writeUInt8(bytes.readUInt8(140) ^ 1, 140);
  writeFileSync(file, bytes);
  const { code, out, err } = await nova('verify');
  expect(code).toBe(1);
  expect(out).toMatch(/0000000001.segment: \d+ bytes at \d+ are DAMAGED/);
  expect(err).toContain('damaged: ');
});

test('a directory without a journal is said to be one', async () => {
  expect((await nova('verify', join(home, 'nothing'))).err).toContain('there is no journal in');
  mkdirSync(join(home, 'empty'));
  expect((await nova('list', join(home, 'empty'))).err).toContain('there is no journal in');
  expect((await run(['journal', 'list'], { NOVA_HOME: join(home, 'empty') })).err).toContain('no journal in');
});
