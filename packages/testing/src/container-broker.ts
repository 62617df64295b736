// The test broker in a container (NOVA_TEST_BROKER=docker): the image of NOVA_BROKER_IMAGE on a Docker engine.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { askBroker, freePort, type Persistence } from '@nova-torch/cli/own-broker';
import { eventually } from './eventually.ts';
import type { TestBroker } from './test-broker.ts';

const run = promisify(execFile);
const CONTAINER_PORT = 6379;

function containerCommand(image: string, persistence: Persistence): string[] {
  const port = String(CONTAINER_PORT);
  if (image.includes('dragonfly')) {
    return [
      ...['dragonfly', '--logtostderr', `--port=${port}`, '--cluster_mode=emulated', '--lock_on_hashtags'],
      ...['--proactor_threads=2', `--dbfilename=${persistence === 'none' ? '' : 'nova-torch'}`],
    ];
  }
  const program = image.includes('valkey') ? 'valkey-server' : 'redis-server';
  const appendOnly = persistence === 'none' ? ['no'] : ['yes', '--appendfsync', persistence];
  return [program, '--port', port, '--save', '', '--protected-mode', 'no', '--appendonly', ...appendOnly];
}

/** Starts `image` as a container with a fixed loopback port, so that a restart keeps its address. */
export async function startContainerBroker(image: string, persistence: Persistence): Promise<TestBroker> {
  const { GenericContainer } = await import('testcontainers');
  const port = await freePort();
  const container = await new GenericContainer(image)
    .withCommand(containerCommand(image, persistence))
    .withExposedPorts({ container: CONTAINER_PORT, host: port })
    .start();
  const id = container.getId();
  const docker = async (...args: string[]): Promise<void> => void (await run('docker', args));
  const answers = (): Promise<unknown> =>
    eventually(() => askBroker(port, ['PING']), { timeoutMs: 20_000, what: `an answer of ${image}` });
  await answers();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    stop: async () => void (await container.stop()),
    kill9: () => docker('kill', '--signal', 'KILL', id),
    async restart({ data = 'keep' } = {}) {
      await docker('restart', id);
      await answers();
      if (data === 'lose') await askBroker(port, ['FLUSHALL'], 10_000);
    },
    pause: () => docker('pause', id),
    resume: () => docker('unpause', id),
    flush: async () => void (await askBroker(port, ['FLUSHALL'], 10_000)),
  };
}
