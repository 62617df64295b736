// The command that has services log more, against running ones.
import { eventually, type Platform, startPlatform } from '@nova-torch/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliRun, run } from './in-process.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform();
  // The gateway hears of the others a little later than they are ready.
  await eventually(async () => (await nova('status')).out.includes('Health: ok'), { timeoutMs: 20_000 });
});
afterAll(() => platform?.stop());

const nova = (...argv: string[]): Promise<CliRun> =>
  run(argv, { NOVA_HOME: platform.home, NOVA_API_URL: platform.gatewayUrl });

const PATIENT = { timeoutMs: 20_000 };

describe('log-level', { timeout: 90_000 }, () => {
  const levelled = (name: 'registry' | 'collaboration') =>
    platform.logs(name).filter(({ msg }) => msg === 'the log level was changed');

  it('has one service log at another level for a while, which status shows until it is over', async () => {
    const said = await nova('log-level', 'debug', '--service', 'registry', '--for', '5m');
    expect(said.code, said.err).toBe(0);
    expect(said.out).toMatch(/^Logging at debug until \d{4}-.+Z: registry-[0-9a-f]{6}\n$/);
    await eventually(
      () => expect(levelled('registry')).toMatchObject([{ log_level: 'debug', by: 'admin' }]),
      PATIENT,
    );
    expect(levelled('collaboration')).toEqual([]);
    await eventually(async () => (await nova('status')).out.includes('logging at debug'), PATIENT);

    const ended = await nova('log-level', 'info', '--service', 'registry', '--for', '1s', '--json');
    expect(ended.json()).toMatchObject({ level: 'info', instances: [expect.stringMatching(/^registry-/)] });
    await eventually(async () => !(await nova('status')).out.includes('logging at'), PATIENT);
  });

  it('refuses what is no level, no service, or lasts too long; says it when nobody is meant', async () => {
    expect((await nova('log-level', 'loud')).code).toBe(2);
    expect((await nova('log-level', 'debug', '--service', 'postman')).code).toBe(2);
    const long = await nova('log-level', 'debug', '--for', '25h');
    expect(long.code).toBe(2);
    expect(long.err).toContain('--for');
    const nobody = await nova('log-level', 'debug', '--instance', 'registry-none', '--for', '1s');
    expect(nobody.out).toContain('no instance is known yet');
  });
});
