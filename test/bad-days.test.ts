// Days on which the broker or an agent goes away while there is work.
import { NovaClient } from '@nova-torch/client';
import { isTerminal, type TaskSpecInput } from '@nova-torch/protocol';
import { eventually, type Platform, startPlatform } from '@nova-torch/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningAgent, startAgent } from './support/agents.ts';

const ECHO = ['sh', '-c', `echo '{"type":"result","result":'"$NOVA_TASK_INPUTS"'}'`];
const TASKS = 60;

let platform: Platform;
let client: NovaClient;
const agents: RunningAgent[] = [];

beforeAll(async () => {
  platform = await startPlatform({
    broker: { appendonly: 'always' },
    env: { NOVA_HEARTBEAT_MS: '1500' },
  });
  client = new NovaClient({ baseUrl: platform.gatewayUrl, key: platform.adminKey });
});

afterAll(async () => {
  await Promise.all(agents.map((agent) => agent.stop()));
  await platform?.stop();
});

async function endsOnce(taskId: string): Promise<void> {
  const history = await client.getTaskHistory(taskId);
  expect(history.filter(({ to }) => isTerminal(to))).toHaveLength(1);
}

describe('a bad day', () => {
  it('the broker is restarted under load: everything goes on by itself', { timeout: 120_000 }, async () => {
    agents.push(await startAgent(platform, { skills: ['echo'], capacity: 2, command: ECHO }));
    agents.push(await startAgent(platform, { skills: ['echo'], capacity: 2, command: ECHO, overHttp: true }));
    const ids: string[] = [];
    let restarted: Promise<void> | undefined;
    for (let number = 0; number < TASKS; number += 1) {
      if (number === TASKS / 3) restarted = platform.broker.restart();
      const spec: TaskSpecInput = {
        title: `restart ${number}`,
        required_skills: ['echo'],
        inputs: { number },
        max_retries: 10,
      };
      const { task_id } = await eventually(
        () => client.submitTask(spec, { idempotencyKey: `restart-${number}` }),
        {
          timeoutMs: 30_000,
          everyMs: 50,
        },
      );
      ids.push(task_id);
    }
    await restarted;
    for (const [number, id] of ids.entries()) {
      const task = await eventually(() => client.waitForTask(id), { timeoutMs: 60_000, everyMs: 100 });
      expect(task).toMatchObject({ status: 'completed', result: { number } });
      await endsOnce(id);
    }
  });

  it('an agent dies in a task: another takes it, and its late result would not count', {
    timeout: 90_000,
  }, async () => {
    const slow = ['sh', '-c', `echo '{"type":"progress","percent":1}'; sleep 600`];
    const first = await startAgent(platform, { skills: ['mortal'], command: slow });
    const { task_id } = await client.submitTask({ title: 'mortal', required_skills: ['mortal'] });
    await eventually(
      async () =>
        expect(await client.getTask(task_id)).toMatchObject({ status: 'running', agent_id: first.agentId }),
      {
        timeoutMs: 20_000,
      },
    );
    const second = await startAgent(platform, { skills: ['mortal'], command: ECHO });
    agents.push(second);
    await first.kill9();
    const task = await client.waitForTask(task_id, { timeoutS: 60 });
    expect(task).toMatchObject({ status: 'completed', agent_id: second.agentId, attempt: 2 });
    await endsOnce(task_id);
    const stale = await fetch(`${platform.gatewayUrl}/v1/agents/${first.agentId}/tasks/${task_id}/complete`, {
      method: 'POST',
      headers: { authorization: `Bearer ${platform.adminKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ epoch: 1, lease: 'of-before', result: { false: true } }),
    });
    expect(stale.status).toBeGreaterThanOrEqual(202);
    expect((await client.getTask(task_id)).result).toEqual(task.result);
  });
});
