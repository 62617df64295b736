// The platform from its compose file, by the commands of docs/DEPLOYMENT.md: used, scaled, struck, stopped, taken up again.
import { eventually } from '@nova-torch/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runStep } from './deployment-guide.ts';
import { docker } from './docker.ts';
import { openProject, type Project, SERVICES } from './project.ts';

const DOWN_MS_MAX = 10_000;
const REPLICAS = 3;

let project: Project;

beforeAll(async () => {
  project = await openProject('nova-torch-compose-test');
  await runStep('secrets', project);
  await runStep('up', project);
});

afterAll(() => project?.remove());

const shellTask = (title: string, command: string) => ({
  title,
  required_skills: ['shell'],
  inputs: { command },
});

async function expectAllHealthy(count: number): Promise<void> {
  await eventually(
    async () => {
      const all = await project.containers();
      expect(all.map(({ Name, State }) => [Name, State.Health?.Status])).toEqual(
        all.map(({ Name }) => [Name, 'healthy']),
      );
      expect(all).toHaveLength(count);
    },
    { timeoutMs: 90_000, everyMs: 500, what: 'the health of all containers' },
  );
}

/** From outside: what `docker kill` ends, Docker does not start again, and within its own namespace it would be ignored. */
async function killFirstProcess(service: string): Promise<void> {
  const [container] = await project.containers(service);
  const { Image, State } = container ?? {};
  expect(State?.Pid).toBeGreaterThan(1);
  const outside = [
    'run',
    '--rm',
    '--pid',
    'host',
    '--network',
    'none',
    '--user',
    '0',
    '--entrypoint',
    '/bin/sh',
  ];
  await docker([...outside, Image ?? '', '-c', `kill -9 ${State?.Pid}`]);
}

describe('the compose file', () => {
  it('brings up a broker and five services, all healthy', () => expectAllHealthy(SERVICES.length + 1));

  it('runs everything as nobody special on a read-only root, without capabilities', async () => {
    for (const container of await project.containers()) {
      expect(container.HostConfig.ReadonlyRootfs, container.Name).toBe(true);
      expect(container.HostConfig.CapDrop, container.Name).toEqual(['ALL']);
      const status = await docker(['exec', container.Id, 'cat', '/proc/1/status']);
      expect(status, container.Name).toMatch(/^Uid:\t(?!0\t)(\d+)\t\1\t/m);
    }
  });

  it('publishes the gateway on loopback, and nothing else', async () => {
    const ports = await project.compose(['ps', '--format', '{{.Service}} {{.Ports}}']);
    const published = ports.split('\n').filter((line) => line.includes('->'));
    expect(published).toEqual([`gateway 127.0.0.1:${project.port}->7400/tcp`]);
  });

  it('does tasks: of the command, by HTTP, and of an agent in a container of its own', async () => {
    expect(await runStep('task', project)).toMatch(/completed[\s\S]*Health: ok/);
    expect(await runStep('curl', project)).toContain('accepted');
    const name = `${project.env.COMPOSE_PROJECT_NAME}-greeter`;
    expect(await runStep('agent', project, { replace: { 'nova-greeter': name } })).toContain('completed');
  });

  it('makes a backup that can be read', async () => {
    expect(await runStep('backup', project)).toMatch(/sha256[\s\S]*pool\.backup/);
  });
});

describe('a service that is killed, or the broker', () => {
  it.each([...SERVICES, 'broker'])(
    '%s is started again, and work goes on',
    { timeout: 120_000 },
    async (service) => {
      const client = project.client();
      const { task_id } = await client.submitTask(shellTask(`survives ${service}`, 'sleep 2'));
      await eventually(async () => expect((await client.getTask(task_id)).status).toBe('running'), {
        timeoutMs: 60_000,
      });
      await killFirstProcess(service);
      await eventually(
        async () => {
          const [container] = await project.containers(service);
          expect(container?.RestartCount).toBe(1);
          expect(container?.State.Health?.Status).toBe('healthy');
        },
        { timeoutMs: 60_000, everyMs: 200, what: `${service} again` },
      );
      expect((await client.waitForTask(task_id)).status).toBe('completed');
      const { task_id: next } = await client.submitTask(shellTask('after it', 'true'));
      expect((await client.waitForTask(next)).status).toBe('completed');
    },
  );
});

describe('three of everything', () => {
  it('are healthy, each gateway with a journal of its own, and share the work', async () => {
    await runStep('scale', project);
    await expectAllHealthy(SERVICES.length * REPLICAS + 1);
    const journals = await project.compose(['exec', '-T', 'gateway', 'ls', '/var/lib/nova-torch/journal']);
    expect(journals.trim().split('\n')).toEqual(['1', '2', '3']);
    const client = project.client();
    const { results } = await client.submitTasks(
      Array.from({ length: 30 }, (_, n) => shellTask(`number ${n}`, 'sleep 0.1')),
    );
    for (const { task } of results) {
      expect((await client.waitForTask(task?.task_id ?? '')).status).toBe('completed');
    }
  });

  it('stop within ten seconds with a task under way, which ends when they are back', {
    timeout: 180_000,
  }, async () => {
    const client = project.client();
    const { task_id } = await client.submitTask(shellTask('outlives all', 'sleep 15'));
    await eventually(async () => expect((await client.getTask(task_id)).status).toBe('running'), {
      timeoutMs: 60_000,
    });
    const homes = (await project.containers('spawner')).flatMap(({ Mounts }) => Mounts);
    const from = performance.now();
    await runStep('down', project);
    const downMs = Math.round(performance.now() - from);
    process.stdout.write(
      `down, ${SERVICES.length * REPLICAS + 1} containers, a task under way: ${downMs} ms\n`,
    );
    expect(downMs).toBeLessThan(DOWN_MS_MAX * SERVICES.length);
    expect(await project.containers()).toEqual([]);
    await docker([
      'volume',
      'rm',
      ...homes.flatMap(({ Type, Name }) => (Type === 'volume' && Name ? [Name] : [])),
    ]);

    await runStep('up', project);
    const task = await client.waitForTask(task_id, { timeoutS: 120 });
    expect(task.status).toBe('completed');
  });
});
