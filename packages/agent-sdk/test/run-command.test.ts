import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { eventually } from '@nova-torch/testing';
import { describe, expect, it } from 'vitest';
import { findRun } from '../src/command/process-tree.ts';
import { type CommandEnd, type CommandOptions, runCommand } from '../src/command/run-command.ts';
import type { ProgressUpdate } from '../src/index.ts';

interface Running {
  readonly runId: string;
  readonly progress: ProgressUpdate[];
  readonly log: string[];
  readonly pid: () => number;
  readonly abort: () => void;
  readonly kill: () => void;
  readonly end: Promise<CommandEnd>;
}

function run(command: [string, ...string[]], options: Partial<CommandOptions> = {}): Running {
  const runId = `${randomBytes(16).toString('hex')}.1`;
  const [ending, killing] = [new AbortController(), new AbortController()];
  const progress: ProgressUpdate[] = [];
  const log: string[] = [];
  let pid = 0;
  const line = (_fields: object, message: string): void => void log.push(message);
  const end = runCommand({
    command,
    cwd: undefined,
    environment: { PATH: '/usr/bin:/bin', NOVA_RUN_ID: runId },
    runId,
    input: '{}\n',
    graceMs: 300,
    signal: ending.signal,
    killSignal: killing.signal,
    onStarted: (started) => {
      pid = started;
    },
    onProgress: (update) => progress.push(update),
    logger: { debug: line, info: line, warn: line, error: line },
    ...options,
  });
  return {
    runId,
    progress,
    log,
    pid: () => pid,
    abort: () => ending.abort(),
    kill: () => {
      killing.abort();
      ending.abort();
    },
    end,
  };
}

const sh = (script: string, options?: Partial<CommandOptions>): Running =>
  run(['/bin/sh', '-c', script], options);
const nasty = fileURLToPath(new URL('./fixtures/nasty.sh', import.meta.url));

describe('what a command says', { timeout: 60_000 }, () => {
  it('takes progress and the last result, and leaves all else to the log', async () => {
    const running = sh(`
      echo '{"type":"progress","percent":40,"step":"build","message":7,"other":true}'
      echo '{"type":"result","result":{"n":1}}'
      echo '{"type":"result"}'
      echo '{"type":"other","result":2}'
      echo '[1]'; echo 'plain'; echo '{"type":"result",'
      echo '  {"type":"result","result":{"n":2}}  '
      printf '{"type":"progress","step":"no newline"}'`);
    const end = await running.end;
    expect(end).toMatchObject({ kind: 'ended', exitCode: 0, signal: null, result: { n: 2 } });
    expect(running.progress).toEqual([{ percent: 40, step: 'build' }, { step: 'no newline' }]);
    expect(running.log).toEqual([
      '{"type":"result"}',
      '{"type":"other","result":2}',
      '[1]',
      'plain',
      '{"type":"result",',
    ]);
  });

  it('gets its task on standard input', async () => {
    const running = sh(`read -r line; printf '{"type":"result","result":%s}\\n' "$line"`, {
      input: '{"title":"ünï"}\n',
    });
    expect(await running.end).toMatchObject({ result: { title: 'ünï' } });
  });

  it('may leave a large standard input unread', async () => {
    const running = sh('exec 0<&-; sleep 0.05; echo done', { input: 'x'.repeat(4_000_000) });
    expect(await running.end).toMatchObject({ kind: 'ended', exitCode: 0 });
  });

  it('may close its outputs and run on', async () => {
    const running = sh('echo before; exec 1>&- 2>&-; sleep 0.2; exit 3');
    expect(await running.end).toMatchObject({ exitCode: 3, lastWords: 'before' });
  });

  it('may write lines of any length and bytes that are no text', async () => {
    const running = sh(`
      head -c 3000000 /dev/zero | tr '\\0' 'x'; echo
      printf '\\377\\376 odd\\n'
      echo '{"type":"result","result":"after"}'`);
    expect(await running.end).toMatchObject({ exitCode: 0, result: 'after' });
    expect(running.log[0]?.length).toBeLessThan(10_000);
    expect(running.log[1]).toBe('\ufffd\ufffd odd');
  });

  it('has the end of its standard error as last words', async () => {
    const running = sh(`yes filler | head -c 200000 >&2; echo 'the end' >&2; exit 2`);
    const end = await running.end;
    expect(end).toMatchObject({ exitCode: 2, lastWords: expect.stringMatching(/the end$/) });
    expect(end.kind === 'ended' && end.lastWords.length).toBeLessThanOrEqual(64 * 1024);
  });
});

describe('how a command ends', { timeout: 60_000 }, () => {
  it('says by which signal it was killed', async () => {
    expect(await sh('kill -KILL $$').end).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
  });

  it('says clearly that it cannot be started', async () => {
    expect(await run(['/no/such/program']).end).toEqual({
      kind: 'not_started',
      message: '/no/such/program cannot be started: there is no such program (ENOENT)',
      retryable: false,
    });
    expect(await run(['/etc/passwd']).end).toMatchObject({ kind: 'not_started', retryable: false });
    const inNowhere = run(['/bin/true'], { cwd: '/no/such/directory' });
    expect(await inNowhere.end).toMatchObject({ message: expect.stringContaining('no directory') });
    const tooLarge = run(['/bin/true', 'x'.repeat(200_000)]);
    expect(await tooLarge.end).toMatchObject({ message: expect.stringContaining('E2BIG') });
  });

  it('ends politely when asked', async () => {
    const running = sh(`trap 'echo bye; exit 7' TERM; echo up; while :; do sleep 0.05; done`, {
      graceMs: 10_000,
    });
    await eventually(() => expect(running.log).toContain('up'));
    running.abort();
    expect(await running.end).toMatchObject({ exitCode: 7, signal: null });
    expect(running.log).toContain('bye');
  });

  it('leaves nothing running, whatever it does against it', async () => {
    const running = run(['/bin/sh', nasty]);
    await eventually(() => expect(running.log).toContain('ready'));
    await eventually(async () => {
      const found = await findRun({ runId: running.runId, pid: running.pid() });
      expect(found.length).toBeGreaterThanOrEqual(6);
    });
    const startedAt = performance.now();
    running.abort();
    expect(await running.end).toMatchObject({ signal: 'SIGKILL' });
    expect(performance.now() - startedAt).toBeGreaterThan(250);
    expect(await findRun({ runId: running.runId, pid: running.pid() })).toEqual([]);
  });

  it('is killed without patience when the host has none', async () => {
    const running = run(['/bin/sh', nasty], { graceMs: 60_000 });
    await eventually(() => expect(running.log).toContain('ready'));
    running.abort();
    running.kill();
    expect(await running.end).toMatchObject({ signal: 'SIGKILL' });
    expect(await findRun({ runId: running.runId, pid: running.pid() })).toEqual([]);
  });

  it('leaves nothing in the background when it ends by itself', async () => {
    const running = sh(`(setsid sleep 1000 &) ; sleep 1000 & echo '{"type":"result","result":1}'`);
    expect(await running.end).toMatchObject({ exitCode: 0, result: 1 });
    expect(await findRun({ runId: running.runId, pid: running.pid() })).toEqual([]);
  });

  it('finds the processes of a run within a run', async () => {
    const running = sh('NOVA_RUN_ID=$NOVA_RUN_ID/inner.1 setsid sh -c "echo up; sleep 1000"');
    await eventually(() => expect(running.log).toContain('up'));
    expect((await findRun({ runId: 'inner.1', pid: 0 })).length).toBeGreaterThan(0);
    running.abort();
    await running.end;
    expect(await findRun({ runId: 'inner.1', pid: 0 })).toEqual([]);
  });
});
