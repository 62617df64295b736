// Services that are told to stop while the broker is gone: each ends by itself, in time.
import { SERVICES } from '@nova-torch/protocol';
import { type Platform, startPlatform } from '@nova-torch/testing';
import { afterEach, expect, it } from 'vitest';

let platform: Platform | undefined;

afterEach(() => platform?.stop());

it('every service stops by itself, although its broker is gone', { timeout: 120_000 }, async () => {
  platform = await startPlatform();
  await platform.broker.kill9();
  // What stops too slowly is killed, and does not say this.
  await platform.stop();
  for (const name of SERVICES) {
    expect(
      platform.logs(name).map(({ msg }) => msg),
      name,
    ).toContain('stopped');
  }
});
