// Whatever service is killed in the middle of a job, the job ends, and every task of it ends exactly once.
import { NovaClient } from '@nova-torch/client';
import { isTerminal, SERVICES, type TaskSpecInput } from '@nova-torch/protocol';
import { eventually, type Platform, startPlatform } from '@nova-torch/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningAgent, startAgent } from './support/agents.ts';

// Works for a moment and answers with what it was given.
const WORK = `sleep 0.05; echo '{"type":"result","result":'"$NOVA_TASK_INPUTS"'}'`;
const TASKS = 32;

let platform: Platform;
let client: NovaClient;
const agents: RunningAgent[] = [];

beforeAll(async () => {
  platform = await startPlatform();
  client = new NovaClient({ baseUrl: platform.gatewayUrl, key: platform.adminKey });
  const command = ['sh', '-c', WORK];
  agents.push(await startAgent(platform, { skills: ['work'], capacity: 2, command }));
  agents.push(await startAgent(platform, { skills: ['work'], capacity: 2, command, overHttp: true }));
});

afterAll(async () => {
  await Promise.all(agents.map((agent) => agent.stop()));
  await platform?.stop();
});

async function submitAll(name: string): Promise<string[]> {
  const ids: string[] = [];
  for (let number = 0; number < TASKS; number += 1) {
    // Every fourth task waits for the one before it.
    const dependencies = number % 4 === 3 ? ids.slice(-1) : [];
    const spec = {
      title: `${name} ${number}`,
      required_skills: ['work'],
      inputs: { number },
      dependencies,
      max_retries: 10,
    };
    // The same key again is the same task: a person repeats what got no answer, and so does this.
    const { task_id } = await eventually(
      () => client.submitTask(spec as TaskSpecInput, { idempotencyKey: `${name}-${number}` }),
      { timeoutMs: 30_000, everyMs: 100, what: `the submission of ${name} ${number}` },
    );
    ids.push(task_id);
  }
  return ids;
}

describe('a job during which a service is killed', () => {
  it.each(SERVICES)('%s: every task ends exactly once', { timeout: 90_000 }, async (service) => {
    const submitted = submitAll(service);
    // In the middle: some are done, most are not.
    await eventually(
      async () => {
        let done = 0;
        for await (const task of client.listTasks({ status: 'completed' }))
          if (task.title.startsWith(service)) done += 1;
        expect(done).toBeGreaterThan(2);
      },
      { timeoutMs: 30_000, everyMs: 20 },
    );
    await platform.kill9(service);
    await platform.restart(service);
    const ids = await submitted;
    expect(new Set(ids).size).toBe(TASKS);
    for (const [number, id] of ids.entries()) {
      const task = await eventually(() => client.waitForTask(id), { timeoutMs: 60_000, everyMs: 200 });
      expect(task, `${service} ${number}`).toMatchObject({ status: 'completed', result: { number } });
      const history = await client.getTaskHistory(id);
      expect(history.filter(({ to }) => isTerminal(to))).toHaveLength(1);
      expect(history.map(({ seq }) => seq)).toEqual(history.map((_, index) => index + 1));
    }
  });
});
