import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { AgentId } from '@nova-torch/protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from './world.ts';

const EXAMPLE = fileURLToPath(new URL('../examples/echo-agent.ts', import.meta.url));
let world: World;

beforeAll(async () => {
  world = await World.open('streams');
  await world.begin();
});
afterAll(async () => {
  await world.end();
  await world.close();
});

it('the example runs, echoes, and leaves when asked', { timeout: 60_000 }, async () => {
  const child = spawn(process.execPath, ['--conditions=source', EXAMPLE, world.broker.url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const registered = new Promise<AgentId>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { msg, agent_id } = JSON.parse(line);
      if (msg === 'registered') resolve(agent_id);
    });
  });
  const agentId = await registered;
  const { task_id } = await world.platform.assign(agentId, { spec: { inputs: { n: 1 } } });
  expect((await world.endOf(task_id)).payload).toMatchObject({ result: { echo: { n: 1 } } });
  child.kill('SIGTERM');
  expect(await exited).toBe(0);
  expect(world.platform.left).toEqual([agentId]);
});
