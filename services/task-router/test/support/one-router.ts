import type { AssembledService } from '@nova-torch/service-kit';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { type Rig, startRig, startRouter } from './rig.ts';

/**
 * One router for all tests of a file, started with `env` and handed to `given`, beside a registry started with
 * `registryEnv`; agents that joined in a test leave after it.
 * Called once, at the top of the file.
 */
export function oneRouter(
  given: (rig: Rig, router: AssembledService) => void,
  env: Readonly<Record<string, string>> = {},
  registryEnv: Readonly<Record<string, string>> = {},
): void {
  let rig: Rig;
  let router: AssembledService;
  beforeAll(async () => {
    rig = await startRig({ env: registryEnv });
    router = await startRouter(rig.url, env);
    given(rig, router);
  });
  afterEach(() => rig.leave());
  afterAll(async () => {
    await router.stop();
    await rig.stop();
  });
}
