// docs/API.md as a newcomer follows it: its commands run as they stand there, and print what it says they print.
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Platform, startPlatform } from '@nova-torch/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';

const run = promisify(execFile);
const guide = readFileSync(join(import.meta.dirname, '../docs/API.md'), 'utf8');
const commands = [...guide.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block).join('\n');
const promised = [...commands.matchAll(/^# prints (.*)$/gm)].map(([, text = '']) => text);

const hasCurl = spawnSync('curl', ['--version']).status === 0;

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform();
}, 60_000);
afterAll(() => platform.stop());

it.skipIf(!hasCurl)('does what it says (needs curl)', { timeout: 60_000 }, async () => {
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', commands], {
    env: { PATH: process.env.PATH, NOVA_API_URL: platform.gatewayUrl, NOVA_API_KEY: platform.adminKey },
    timeout: 50_000,
  });
  let from = 0;
  for (const text of promised) {
    const at = stdout.indexOf(text, from);
    expect(at, `${text} after ${stdout.slice(from)}`).toBeGreaterThanOrEqual(0);
    from = at;
  }
  expect(promised.length).toBeGreaterThan(10);
});
