// Agents taken for dead because nothing is heard of them, by a registry that waits a second and a half for it.
import type { AssembledService } from '@nova-torch/service-kit';
import { describe, expect, it } from 'vitest';
import { oneRouter } from './support/one-router.ts';
import { type Rig, startRouter } from './support/rig.ts';

/** Longer than an agent may be silent: by that alone it would lose its task before. */
const LEASE_MS = 2_500;
const ENV = { NOVA_ASSIGNMENT_LEASE_MS: String(LEASE_MS) };

let rig: Rig;
let router: AssembledService;
const join: Rig['agent'] = (options) => rig.agent(options);

oneRouter(
  (startedRig, startedRouter) => {
    rig = startedRig;
    router = startedRouter;
  },
  ENV,
  { NOVA_HEARTBEAT_MS: '500' },
);

describe('an agent that falls silent', () => {
  it('keeps a fresh assignment until its lease has passed', async () => {
    const silent = await join({ work: () => undefined });
    const taskId = await rig.submit({ max_retries: 3 });
    await rig.until(taskId, 'assigned');
    // Not before: nobody gives a task to an agent that was not heard of lately.
    await silent.stop();
    const other = await join();
    await rig.until(taskId, 'completed');
    const history = await rig.history(taskId);
    const given = history.find(({ to, agent_id }) => to === 'assigned' && agent_id === silent.id);
    const moved = history.find(({ from, to }) => from === 'assigned' && to === 'ready');
    expect((moved?.at_ms ?? 0) - (given?.at_ms ?? 0)).toBeGreaterThanOrEqual(LEASE_MS);
    expect((await rig.task(taskId)).agent_id).toBe(other.id);
  });
});

describe('an agent that falls silent in the middle of a task', () => {
  it('loses it without waiting for the lease of the assignment', async () => {
    await router.stop();
    const leaseMs = 60_000;
    router = await startRouter(rig.url, {
      NOVA_ASSIGNMENT_LEASE_MS: String(leaseMs),
      NOVA_START_TIMEOUT_MS: String(leaseMs + 1_000),
    });
    try {
      const silent = await join({ work: (assignment, agent) => agent.started(assignment) });
      const taskId = await rig.submit();
      await rig.until(taskId, 'running');
      const other = await join();
      await silent.stop();
      expect(await rig.until(taskId, 'completed')).toMatchObject({ agent_id: other.id, attempt: 2 });
      const history = await rig.history(taskId);
      const given = history.find(({ to, agent_id }) => to === 'assigned' && agent_id === silent.id);
      const moved = history.find(({ from, to }) => from === 'running' && to === 'ready');
      expect((moved?.at_ms ?? 0) - (given?.at_ms ?? 0)).toBeLessThan(leaseMs);
    } finally {
      await router.stop();
      router = await startRouter(rig.url, ENV);
    }
  });
});
