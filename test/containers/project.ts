// A compose project of a test's own: name, secrets, ports; all of it gone at the end.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isPortFree } from '@nova-torch/cli/own-broker';
import { NovaClient } from '@nova-torch/client';
import { freePort } from '@nova-torch/testing';
import { type Deployment, repository } from './deployment-guide.ts';
import { type ContainerState, docker, inspectContainers, type RunOptions } from './docker.ts';

export const SERVICES = ['registry', 'task-router', 'spawner', 'collaboration', 'gateway'] as const;
/** What images of test runs are called: those of a person are not replaced. */
export const TEST_IMAGES = 'nova-torch-test/';

export interface Project extends Deployment {
  compose(args: readonly string[], options?: RunOptions): Promise<string>;
  /** The containers of a service, or of all. */
  containers(service?: string): Promise<ContainerState[]>;
  /** A client of the gateway, with the admin key. */
  client(): NovaClient;
  remove(): Promise<void>;
}

/** The environment of everything that is run: the broker is Redis unless NOVA_BROKER_IMAGE names another image. */
export function testEnvironment(name: string, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return {
    ...process.env,
    NOVA_BROKER_IMAGE: process.env.NOVA_BROKER_IMAGE || 'redis:7-bookworm',
    NOVA_IMAGES: TEST_IMAGES,
    COMPOSE_PROJECT_NAME: name,
    ...more,
  };
}

/** Three free ports in a row: a gateway each. */
async function threePorts(): Promise<number> {
  for (;;) {
    const port = await freePort();
    const others = await Promise.all([port + 1, port + 2].map((one) => isPortFree(one)));
    if (others.every(Boolean)) return port;
  }
}

export async function openProject(
  name: string,
  files: readonly string[] = ['docker-compose.yml'],
): Promise<Project> {
  const secrets = mkdtempSync(join(tmpdir(), `${name}-`));
  const port = await threePorts();
  const env = testEnvironment(name, { NOVA_SECRETS_DIR: secrets, NOVA_GATEWAY_PORTS: String(port) });
  const fileArgs = files.flatMap((file) => ['-f', join(repository, 'deploy/compose', file)]);
  const compose: Project['compose'] = (args, options) =>
    docker(['compose', ...fileArgs, ...args], { cwd: repository, env, ...options });
  const containers = async (service?: string): Promise<ContainerState[]> => {
    const ids = await compose(['ps', '--all', '--quiet', ...(service === undefined ? [] : [service])]);
    return inspectContainers(ids.split('\n').filter(Boolean));
  };
  const removeAll = async (): Promise<void> => {
    const left = await docker([
      'ps',
      '--all',
      '--quiet',
      '--filter',
      `label=com.docker.compose.project=${name}`,
    ]);
    const ids = left.split('\n').filter(Boolean);
    // With their volumes: those of the spawners have no name that `down` would know them by.
    if (ids.length > 0) await docker(['rm', '--force', '--volumes', ...ids]);
    await compose(['--profile', '*', 'down', '--volumes']);
  };
  // A run that was cut off may have left its containers.
  await removeAll();
  return {
    ...{ port, secrets, env, compose, containers },
    client: () =>
      new NovaClient({
        baseUrl: `http://127.0.0.1:${port}`,
        key: readFileSync(join(secrets, 'admin-key'), 'utf8').trim(),
      }),
    async remove() {
      await removeAll();
      rmSync(secrets, { recursive: true, force: true });
    },
  };
}
