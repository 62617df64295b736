// The checks themselves, on real files and real processes.

import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SuccessCriteria } from '@nova-torch/protocol';
import { eventually } from '@nova-torch/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { checkCriteria } from '../../src/index.ts';
import { silentLogger } from '../../src/logger.ts';
import { processesWith } from '../command-host.ts';

let base: string;
let workspace: string;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'nova-torch-criteria-'));
  workspace = join(base, 'workspace');
  mkdirSync(workspace);
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

async function check(criteria: z.input<typeof SuccessCriteria>, signal = new AbortController().signal) {
  const runId = randomBytes(8).toString('hex');
  return checkCriteria(SuccessCriteria.parse(criteria), {
    workspace,
    environment: { PATH: '/usr/bin:/bin', NOVA_RUN_ID: runId },
    runId,
    signal,
    logger: silentLogger,
  });
}

/** What is found of one file. */
async function file(path: string, more: object = {}): Promise<string> {
  const [entry] = await check({ files: [{ path, ...more }] });
  return `${entry?.met ? 'met' : 'unmet'}: ${entry?.found}`;
}

describe('a file', () => {
  it('is looked at where it really is', async () => {
    writeFileSync(join(base, 'secret'), 'outside');
    writeFileSync(join(workspace, 'inside'), 'in');
    symlinkSync('../secret', join(workspace, 'out'));
    symlinkSync('..', join(workspace, 'up'));
    symlinkSync('inside', join(workspace, 'link'));
    symlinkSync('loop', join(workspace, 'loop'));
    mkdirSync(join(base, 'workspace-2'));
    writeFileSync(join(base, 'workspace-2', 'a'), '');
    symlinkSync('../workspace-2', join(workspace, 'beside'));
    expect(await file('link')).toBe('met: link has 2 bytes');
    expect(await file('out')).toBe('unmet: out leads out of the workspace');
    expect(await file('up/secret')).toBe('unmet: up/secret leads out of the workspace');
    expect(await file('beside/a')).toBe('unmet: beside/a leads out of the workspace');
    expect(await file('loop')).toContain('unmet: loop cannot be found');
  });

  it('that is none is not met, and holds nothing up', async () => {
    mkdirSync(join(workspace, 'directory'));
    execFileSync('mkfifo', [join(workspace, 'pipe')]);
    expect(await file('missing')).toBe('unmet: missing does not exist');
    expect(await file('directory')).toBe('unmet: directory is not a regular file');
    expect(await file('pipe', { contains: 'x' })).toBe('unmet: pipe is not a regular file');
    expect(await file('.')).toContain('unmet');
  });

  it('has the size, the text, the lines and the digest asked for', async () => {
    const content = `# Report\n${'x'.repeat(200_000)} all is well 🎉\nend\n`;
    writeFileSync(join(workspace, 'report.md'), content);
    const sha256 = createHash('sha256').update(content).digest('hex');
    const bytes = Buffer.byteLength(content);
    const all = { min_bytes: bytes, max_bytes: bytes, contains: 'well 🎉', matches: '^end$', sha256 };
    expect(await file('report.md', all)).toBe(
      `met: report.md has ${bytes} bytes and the text, a match, the sha256 asked for`,
    );
    expect(await file('report.md', { min_bytes: bytes + 1 })).toContain('fewer than');
    expect(await file('report.md', { max_bytes: bytes - 1 })).toContain('more than');
    expect(await file('report.md', { contains: 'unwell' })).toContain('does not contain "unwell"');
    expect(await file('report.md', { matches: '^Report' })).toContain('does not match ^Report');
    expect(await file('report.md', { sha256: '0'.repeat(64) })).toContain(
      `has the sha256 ${sha256}, not 000`,
    );
  });

  it('is searched across the pieces it is read in', async () => {
    writeFileSync(join(workspace, 'big'), `${'é'.repeat(32 * 1024 - 2)}needle${'é'.repeat(100)}`);
    expect(await file('big', { contains: 'éneedleé', matches: 'é{5}needleé{5}' })).toContain('met: big');
  });

  it('that is huge is not read', async () => {
    writeFileSync(join(workspace, 'huge'), '');
    truncateSync(join(workspace, 'huge'), 8 * 1024 ** 4);
    const begunAt = performance.now();
    expect(await file('huge', { contains: 'x' })).toContain('are not searched');
    expect(await file('huge', { sha256: '0'.repeat(64) })).toContain('no digest is made');
    expect(await file('huge', { max_bytes: 10 })).toContain('more than 10');
    expect(performance.now() - begunAt).toBeLessThan(10_000);
  });
});

describe('a check command', { timeout: 60_000 }, () => {
  it('passes with exit code 0, in the workspace', async () => {
    writeFileSync(join(workspace, 'here'), '');
    expect(await check({ command: { run: 'test -f here && echo fine' } })).toEqual([
      {
        criterion: 'command',
        met: true,
        found: '"test -f here && echo fine" ended with exit code 0',
        output: 'fine',
        duration_ms: expect.any(Number),
      },
    ]);
    expect(await check({ command: { run: ['test', '-f', 'here && true'] } })).toMatchObject([{ met: false }]);
  });

  it('says how it ended otherwise, with the end of what it printed', async () => {
    expect(await check({ command: { run: 'seq 1 10000; echo broken >&2; exit 3' } })).toMatchObject([
      { met: false, found: expect.stringContaining('ended with exit code 3'), output: 'broken' },
    ]);
    const [long] = await check({ command: { run: 'seq 1 10000; exit 3' } });
    expect(long?.output?.length).toBeLessThanOrEqual(2_000);
    expect(long?.output).toMatch(/9999\n10000$/);
    expect(await check({ command: { run: ['no-such-program'] } })).toMatchObject([
      { met: false, found: expect.stringContaining('could not be started: no-such-program') },
    ]);
    expect(await check({ command: { run: 'kill -KILL $$' } })).toMatchObject([
      { met: false, found: expect.stringContaining('was killed by SIGKILL') },
    ]);
  });

  it('that hangs is killed with all it started', async () => {
    const mark = `mark-${randomBytes(8).toString('hex')}`;
    const run = `export M=${mark}; trap '' TERM; (setsid sleep 300 & sleep 300 &) ; touch started; sleep 300`;
    const [entry] = await check({ command: { run, timeout: 3 } });
    expect(entry).toMatchObject({ met: false, found: expect.stringContaining('it ran longer than its 3 s') });
    expect((await check({ files: [{ path: 'started' }] }))[0]?.met).toBe(true);
    expect(processesWith(mark)).toEqual([]);
  });

  it('ends with its task', async () => {
    const mark = `mark-${randomBytes(8).toString('hex')}`;
    const over = new AbortController();
    const checking = check({ command: { run: `M=${mark} sleep 300` } }, over.signal);
    await eventually(() => expect(processesWith(mark)).not.toEqual([]), { timeoutMs: 20_000 });
    over.abort();
    expect(await checking).toMatchObject([{ met: false }]);
    expect(processesWith(mark)).toEqual([]);
  });
});
