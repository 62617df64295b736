import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { acquireLock } from '../src/up/lock.ts';

const home = mkdtempSync(join(tmpdir(), 'nova-lock-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const HOLD = `
  import { acquireLock } from ${JSON.stringify(join(import.meta.dirname, '../src/up/lock.ts'))};
  const lock = await acquireLock(${JSON.stringify(home)}, 'http://127.0.0.1:1');
  process.stdout.write(String(lock.acquired));
  setInterval(() => {}, 1000);
`;

describe('the lock of a directory', () => {
  it('is given to one only, names its holder, and is free again after release', async () => {
    const first = await acquireLock(home, 'http://127.0.0.1:7400');
    expect(first.acquired).toBe(true);
    expect(await acquireLock(home, 'http://127.0.0.1:7401')).toEqual({
      acquired: false,
      holder: { pid: process.pid, api_url: 'http://127.0.0.1:7400' },
    });
    if (first.acquired) await first.release();
    const again = await acquireLock(home, 'http://127.0.0.1:7400');
    expect(again.acquired).toBe(true);
    if (again.acquired) await again.release();
  });

  it('of twenty at once is given to one', async () => {
    const locks = await Promise.all(
      Array.from({ length: 20 }, () => acquireLock(home, 'http://127.0.0.1:7400')),
    );
    const winners = locks.filter((lock) => lock.acquired);
    expect(winners).toHaveLength(1);
    for (const lock of winners) await lock.release();
  });

  it('is free at once after its holder was killed', async () => {
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', HOLD], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [said] = await once(child.stdout, 'data');
    expect(String(said)).toBe('true');
    expect(await acquireLock(home, 'x')).toMatchObject({ acquired: false, holder: { pid: child.pid } });
    child.kill('SIGKILL');
    await once(child, 'exit');
    const mine = await acquireLock(home, 'x');
    expect(mine.acquired).toBe(true);
    if (mine.acquired) await mine.release();
  });
});
