// `nova-torch up`, what npm start runs: a job from nothing, a crash, a second start, Ctrl-C, kill -9.
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endMarked, eventually, findMarked, freePort } from '@nova-torch/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli, startCli } from './support/cli-process.ts';

let home: string;
let project: string;

beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'nova-up-')));
  project = join(home, 'project');
  mkdirSync(project);
  writeFileSync(join(project, 'parser.ts'), `// ${'TO'}DO: numbers\n${'export const x = 1;\n'.repeat(30)}`);
  writeFileSync(join(project, 'package.json'), '{"dependencies": {"left-pad": "^1.0.0"}}');
});

afterEach(() => {
  endMarked('NOVA_HOME', home);
  rmSync(home, { recursive: true, force: true });
});

const leftOver = () => findMarked('NOVA_HOME', home);
/** The watcher that guards what `up` started ends by itself, a moment after it. */
const untilNothingIsLeft = () => eventually(() => expect(leftOver()).toEqual([]));

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  );
}

describe('nova-torch up', () => {
  it('does a real job from nothing and ends with --once', { timeout: 120_000 }, async () => {
    const port = await freePort();
    const { code, text } = await runCli(['up', '--once', '--path', project, '--port', String(port)], {
      NOVA_HOME: home,
    });
    expect(text).toContain('Report: ');
    expect(code, text).toBe(0);
    const doneBy = [...text.matchAll(/(inventory|health|report): done by (agent-\S+) in/g)];
    expect(doneBy.map(([, name]) => name).sort()).toEqual(['health', 'inventory', 'report']);
    expect(new Set(doneBy.map(([, , agent]) => agent)).size).toBe(3);
    const [run = ''] = readdirSync(join(home, 'reports'));
    const report = readFileSync(join(home, 'reports', run, 'report.md'), 'utf8');
    expect(report).toContain('2 files');
    expect(report).toContain('parser.ts:1');
    expect(report).toContain('left-pad@^1.0.0');
    await untilNothingIsLeft();
    expect(await answers(`http://127.0.0.1:${port}/health/live`)).toBe(false);
  });

  it('restarts a crashed service, refuses a second start, and leaves nothing after Ctrl-C', {
    timeout: 120_000,
  }, async () => {
    const port = await freePort();
    const up = startCli(['up', '--no-job', '--path', project, '--port', String(port)], { NOVA_HOME: home });
    await up.says(/Ctrl-C ends everything/);

    const second = await runCli(['up', '--port', String(port)], { NOVA_HOME: home });
    expect(second.code).toBe(3);
    expect(second.text).toContain('already running');
    expect(second.text).toContain(String(up.pid));

    const status = await runCli(['status', '--json'], { NOVA_HOME: home });
    const { agents } = JSON.parse(status.text) as { agents: { role: string }[] };
    expect(agents.map(({ role }) => role).sort()).toEqual(['developer', 'devops', 'pm', 'qa']);
    const registry = leftOver().find((pid) =>
      readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('services/registry'),
    );
    if (registry === undefined) throw new Error('the registry is not among the processes');
    process.kill(registry, 'SIGKILL');
    await up.says(/registry ended by SIGKILL; again in/);
    await up.says(/registry is running again/);

    up.signal('SIGINT');
    expect(await up.exit, up.text()).toBe(0);
    await untilNothingIsLeft();
    expect(await answers(`http://127.0.0.1:${port}/health/live`)).toBe(false);
  });

  it('takes everything along when it is killed', { timeout: 120_000 }, async () => {
    const up = startCli(['up', '--no-job', '--port', '0'], { NOVA_HOME: home });
    await up.says(/Ctrl-C ends everything/);
    expect(leftOver().length).toBeGreaterThan(9);
    up.signal('SIGKILL');
    await up.exit;
    await eventually(() => expect(leftOver()).toEqual([]), { timeoutMs: 45_000, everyMs: 200 });
    // And the next start finds nothing in its way.
    const again = await runCli(['up', '--once', '--path', project, '--port', '0'], { NOVA_HOME: home });
    expect(again.code, again.text).toBe(0);
  });

  it('ends at once, and cleanly, when interrupted while it starts', { timeout: 60_000 }, async () => {
    const up = startCli(['up', '--port', '0'], { NOVA_HOME: home });
    await up.says(/broker: /);
    up.signal('SIGINT');
    expect(await up.exit, up.text()).toBe(130);
    await untilNothingIsLeft();
  });

  it('says what is wrong with what it was given', async () => {
    const nowhere = await runCli(['up', '--path', join(home, 'nowhere')], { NOVA_HOME: home });
    expect(nowhere).toMatchObject({ code: 2, text: expect.stringContaining('is not a directory') });
    const port = await freePort();
    const noBroker = await runCli(['up'], { NOVA_HOME: home, NOVA_BROKER_URL: `redis://127.0.0.1:${port}` });
    expect(noBroker.code, noBroker.text).toBe(69);
    expect(noBroker.text).toContain(String(port));
    expect(noBroker.text).not.toContain('    at ');
    const noPort = await runCli(['up', '--port', 'seven'], { NOVA_HOME: home });
    expect(noPort).toMatchObject({ code: 2, text: expect.stringContaining('0 to 65535') });
  });
});
