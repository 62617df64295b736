// The test broker in a container (NOVA_TEST_BROKER=docker): the image of NOVA_BROKER_IMAGE on a Docker engine.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import {
  askBroker,
  BROKER_PROGRAMS,
  brokerArguments,
  guardContainer,
  type Persistence,
  serverOfImage,
} from '@nova-torch/cli/own-broker';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import type { TestBroker } from './test-broker.ts';

const run = promisify(execFile);
const CONTAINER_PORT = 6379;

function containerCommand(image: string, persistence: Persistence): string[] {
  const server = serverOfImage(image);
  const args = { server, persistence, dir: '/data', host: '0.0.0.0', port: CONTAINER_PORT };
  return [BROKER_PROGRAMS[server], ...brokerArguments(args)];
}

/**
 * Starts `image` as a container with a fixed port, so that a restart keeps its address. Testcontainers publishes it on
 * every interface of the machine, without a password, for as long as the test runs.
 */
export async function startContainerBroker(image: string, persistence: Persistence): Promise<TestBroker> {
  const { GenericContainer, Wait } = await import('testcontainers');
  const port = await freePort();
  const container = await new GenericContainer(image)
    .withCommand(containerCommand(image, persistence))
    .withExposedPorts({ container: CONTAINER_PORT, host: port })
    .withWaitStrategy(Wait.forLogMessage(/accept connections|listening on/i))
    .start();
  const id = container.getId();
  guardContainer(id);
  const docker = async (...args: string[]): Promise<void> => void (await run('docker', args));
  const answers = (): Promise<unknown> =>
    eventually(() => askBroker(port, ['PING']), { timeoutMs: 20_000, what: `an answer of ${image}` });
  await answers();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    pid: undefined,
    stop: async () => void (await container.stop()),
    kill9: () => docker('kill', '--signal', 'KILL', id),
    async restart({ data = 'keep' } = {}) {
      await docker('restart', id);
      await answers();
      if (data === 'lose') await askBroker(port, ['FLUSHALL'], { timeoutMs: 10_000 });
    },
    pause: () => docker('pause', id),
    async resume() {
      await docker('unpause', id);
      await answers();
    },
    flush: async () => void (await askBroker(port, ['FLUSHALL'], { timeoutMs: 10_000 })),
  };
}
