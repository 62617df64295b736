// The start of a local installation inside this process; as a process of its own it is tested in test/up.test.ts.
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bareEnvironment, endMarked, findMarked } from '@nova-torch/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findInstallation, homeOf } from '../src/installation.ts';
import { createOutput } from '../src/output.ts';
import { up } from '../src/up/up.ts';
import { run } from './in-process.ts';

const home = realpathSync(mkdtempSync(join(tmpdir(), 'nova-up-in-')));
const project = join(home, 'project');

beforeAll(() => {
  mkdirSync(project);
  writeFileSync(join(project, 'a.py'), 'print(1)\n');
});

afterAll(() => {
  endMarked('NOVA_HOME', home);
  rmSync(home, { recursive: true, force: true });
});

describe('up', () => {
  it('reports on a directory and tells it as JSON', { timeout: 120_000 }, async () => {
    const done = await run(['--json', 'up', '--once', '--path', project, '--port', '0'], { NOVA_HOME: home });
    expect(done.code, done.err).toBe(0);
    const { report, tasks } = done.json() as { report: string; tasks: { name: string; status: string }[] };
    expect(tasks.map(({ name, status }) => `${name} ${status}`)).toEqual([
      'inventory completed',
      'health completed',
      'report completed',
    ]);
    expect(readFileSync(report, 'utf8')).toContain('Python');
    expect(findMarked('NOVA_HOME', home)).toEqual([]);
  });

  it('stays until it is told to end', { timeout: 120_000 }, async () => {
    const lines: string[] = [];
    const interrupt = new AbortController();
    const sink = {
      write: (text: string) => {
        lines.push(text);
        if (text.includes('Ctrl-C ends everything')) interrupt.abort();
      },
    };
    const output = createOutput(false, { stdout: sink, stderr: sink });
    const env = { ...bareEnvironment(), NOVA_HOME: home };
    await up({
      home,
      path: project,
      port: 0,
      once: false,
      job: false,
      env,
      output,
      signal: interrupt.signal,
    });
    expect(lines.join('')).toContain('Try next');
    expect(findMarked('NOVA_HOME', home)).toEqual([]);
  });

  it('is refused without a broker, with a wrong path, and with an impossible port', async () => {
    const env = { NOVA_HOME: home, NOVA_BROKER_URL: 'http://127.0.0.1:1' };
    expect((await run(['up'], env)).code).toBe(69);
    expect(await run(['up', '--path', '/nowhere'], env)).toMatchObject({ code: 2 });
    expect(await run(['up', '--port', '99999'], env)).toMatchObject({ code: 2 });
  });
});

describe('an installation', () => {
  it('from source runs sources, built runs what was built', () => {
    expect(findInstallation('/x/packages/cli/src/installation.ts')).toMatchObject({
      root: '/x',
      nodeFlags: ['--conditions=source'],
      cliEntry: '/x/packages/cli/src/main.ts',
    });
    const built = findInstallation('/x/packages/cli/dist/installation.js');
    expect(built.nodeFlags).toEqual([]);
    expect(built.serviceEntry('registry')).toBe('/x/services/registry/dist/main.js');
  });

  it('lives in NOVA_HOME, or in the home directory', () => {
    expect(homeOf({ NOVA_HOME: '/tmp/x' })).toBe('/tmp/x');
    expect(homeOf({})).toMatch(/\.nova-torch$/);
  });
});
