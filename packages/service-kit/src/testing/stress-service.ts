import assert from 'node:assert/strict';
import type { Service } from '../service.ts';

const ROUNDS = 20;

/**
 * Hammers the lifecycle of any service: stop before start, double start, double stop, start and stop at once from
 * many sides, restart. Rejects if any call rejects (a start that is overtaken by a stop must resolve too), and if
 * anything is still running after the last stop, as far as `isRunning` can tell.
 */
export async function stressService(service: Service, isRunning?: () => boolean): Promise<void> {
  await service.stop();
  await service.stop();

  for (let round = 0; round < ROUNDS; round += 1) {
    await service.start();
    await service.start();
    if (isRunning !== undefined) assert.equal(isRunning(), true, `runs after start, round ${round}`);
    await Promise.all([service.stop(), service.stop(), service.stop()]);
    if (isRunning !== undefined) assert.equal(isRunning(), false, `stands still after stop, round ${round}`);
  }

  for (let round = 0; round < ROUNDS; round += 1) {
    const calls = Array.from({ length: 8 }, (_, index) =>
      (index + round) % 3 === 0 ? service.stop() : service.start(),
    );
    await Promise.all(calls);
  }

  await Promise.all([service.start(), service.stop()]);
  await service.stop();
  if (isRunning !== undefined) assert.equal(isRunning(), false, 'stands still at the end');
}
