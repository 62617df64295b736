// Each image by itself: what it is made of, how soon it is ready, how it stops.
import { NovaClient } from '@nova-torch/client';
import { eventually } from '@nova-torch/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { docker, inspectContainers } from './docker.ts';
import { SERVICES, TEST_IMAGES, testEnvironment } from './project.ts';

const NETWORK = 'nova-torch-images-test';
const BROKER = `${NETWORK}-broker`;
const BASE = process.env.NODE_IMAGE || 'node:24-bookworm-slim';
const ADDED_BYTES_MAX = 40_000_000;
/** The goals are two and ten seconds on a machine of one's own; here others may be busy on it. */
const READY_MS_MAX = 10_000;
const STOP_MS_MAX = 10_000;

const KEY = 'the-key-of-this-test-alone';
const measured: { image: string; addedMb: string; readyMs?: number; stopMs?: number }[] = [];

const imageOf = (name: string): string => `${TEST_IMAGES}${name}:0.1.0`;
const containerOf = (name: string): string => `${NETWORK}-${name}`;

async function addressOf(container: string): Promise<string> {
  return `http://${(await docker(['port', container, '7400/tcp'])).trim()}`;
}

async function start(name: string): Promise<number> {
  const hardened = [
    '--read-only',
    '--tmpfs',
    '/tmp',
    '--cap-drop',
    'ALL',
    '--security-opt',
    'no-new-privileges',
  ];
  const settings = ['--env', `NOVA_BROKER_URL=redis://${BROKER}:6379`, '--env', `NOVA_ADMIN_KEY=${KEY}`];
  await docker([
    ...['run', '--detach', '--name', containerOf(name), '--network', NETWORK, '--publish', '127.0.0.1::7400'],
    ...[...hardened, ...settings, imageOf(name)],
  ]);
  const address = await addressOf(containerOf(name));
  await eventually(async () => expect((await fetch(`${address}/health/ready`)).status).toBe(200), {
    timeoutMs: 60_000,
    what: `readiness of ${name}`,
  });
  const readyAt = Date.now();
  const [container] = await inspectContainers([containerOf(name)]);
  return readyAt - Date.parse(container?.State.StartedAt ?? '');
}

async function remove(): Promise<void> {
  for (const name of [...SERVICES.map(containerOf), BROKER]) {
    await docker(['rm', '--force', '--volumes', name]).catch(() => undefined);
  }
  await docker(['network', 'rm', NETWORK]).catch(() => undefined);
}

beforeAll(async () => {
  await remove();
  await docker(['network', 'create', NETWORK]);
  const image = testEnvironment('').NOVA_BROKER_IMAGE ?? '';
  await docker(['run', '--detach', '--name', BROKER, '--network', NETWORK, image]);
});

afterAll(async () => {
  await remove();
  for (const { image, addedMb, readyMs, stopMs } of measured) {
    process.stdout.write(`| ${image} | ${addedMb} | ${readyMs ?? ''} | ${stopMs ?? ''} |\n`);
  }
});

describe('an image', () => {
  it.each([...SERVICES, 'cli'])('of %s adds little to its base, and no package manager', async (name) => {
    const sizes = await Promise.all(
      [imageOf(name), BASE].map((image) => docker(['image', 'inspect', '--format', '{{.Size}}', image])),
    );
    const [size, base] = sizes.map(Number);
    const added = (size ?? 0) - (base ?? 0);
    expect(added).toBeLessThan(ADDED_BYTES_MAX);
    measured.push({ image: name, addedMb: (added / 1e6).toFixed(1) });
    const found = await docker([
      ...['run', '--rm', '--entrypoint', 'find', imageOf(name)],
      ...['/app', '-name', 'node_modules', '-o', '-name', 'pnpm*', '-o', '-name', '*.test.*'],
    ]);
    expect(found).toBe('');
  });

  it.each([...SERVICES, 'cli'])('of %s says what it is, and runs as nobody special', async (name) => {
    const [image] = JSON.parse(await docker(['image', 'inspect', imageOf(name)])) as {
      Config: { User: string; Labels: Record<string, string>; Entrypoint: string[] };
    }[];
    expect(image?.Config.User).toBe('1000:1000');
    expect(image?.Config.Entrypoint[0]).toBe('tini');
    expect(image?.Config.Labels).toMatchObject({
      'org.opencontainers.image.version': '0.1.0',
      'org.opencontainers.image.revision': expect.stringMatching(/^[0-9a-f]{40}$/),
      'org.opencontainers.image.created': expect.stringMatching(/^20\d\d-\d\d-\d\dT[\d:]+Z$/),
    });
  });
});

describe('a service in its container', () => {
  it.each([...SERVICES])('%s is ready soon, on a read-only root', async (name) => {
    const readyMs = await start(name);
    Object.assign(measured.find(({ image }) => image === name) ?? {}, { readyMs });
    expect(readyMs).toBeLessThan(READY_MS_MAX);
    await eventually(
      async () => {
        const [container] = await inspectContainers([containerOf(name)]);
        expect(container?.State.Health?.Status).toBe('healthy');
      },
      { timeoutMs: 30_000, everyMs: 200, what: `health of ${name}` },
    );
  });

  it('shows its pages of the API', async () => {
    const address = await addressOf(containerOf('gateway'));
    expect(await (await fetch(`${address}/docs/`)).text()).toContain('swagger-ui');
    expect((await fetch(`${address}/docs/static/swagger-ui-bundle.js`)).status).toBe(200);
    expect((await fetch(`${address}/openapi.json`)).status).toBe(200);
  });

  it('collects the orphans of its agents', async () => {
    const client = new NovaClient({ baseUrl: await addressOf(containerOf('gateway')), key: KEY });
    // A grandchild that left the session, outlives its parent and ends by itself.
    const command = 'setsid sh -c "sleep 1" > /dev/null 2>&1 & exit 0';
    const { task_id } = await client.submitTask({
      title: 'orphan',
      required_skills: ['shell'],
      inputs: { command },
    });
    expect((await client.waitForTask(task_id)).status).toBe('completed');
    const states = await docker(['exec', containerOf('spawner'), 'sh', '-c', 'cat /proc/[0-9]*/stat']);
    expect(states.split('\n').filter((line) => /\) Z /.test(line))).toEqual([]);
  });

  it('stops in time with a task under way, and ends with 0', async () => {
    const client = new NovaClient({ baseUrl: await addressOf(containerOf('gateway')), key: KEY });
    const { task_id } = await client.submitTask({
      title: 'long',
      required_skills: ['shell'],
      inputs: { command: 'sleep 120' },
    });
    await eventually(async () => expect((await client.getTask(task_id)).status).toBe('running'), {
      timeoutMs: 30_000,
    });
    // The spawner first, as compose does it.
    for (const name of ['spawner', ...SERVICES.filter((one) => one !== 'spawner')]) {
      const from = performance.now();
      await docker(['stop', '--time', '20', containerOf(name)]);
      const stopMs = Math.round(performance.now() - from);
      Object.assign(measured.find(({ image }) => image === name) ?? {}, { stopMs });
      expect(stopMs, name).toBeLessThan(STOP_MS_MAX);
      const [container] = await inspectContainers([containerOf(name)]);
      expect(container?.State.ExitCode, name).toBe(0);
    }
  });
});
