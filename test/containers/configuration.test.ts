// What can be said of the compose files and of the configurations they mount without running them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brokerArguments, findOnPath } from '@nova-torch/cli/own-broker';
import { expect, it } from 'vitest';
import { repository } from './deployment-guide.ts';
import { docker, run } from './docker.ts';

const directory = join(repository, 'deploy/compose');
const file = (name: string): string => join(directory, name);
const missing = (program: string): boolean => findOnPath(program, process.env) === undefined;

it.each([
  ['the platform', ['docker-compose.yml']],
  ['the platform from its sources', ['docker-compose.yml', 'docker-compose.dev.yml']],
])('%s is a compose file, with every profile', async (_name, files) => {
  const args = files.flatMap((name) => ['--file', file(name)]);
  await docker(['compose', ...args, '--profile', '*', 'config', '--quiet']);
});

it('every image is pinned by its tag', async () => {
  const args = ['compose', '--file', file('docker-compose.yml'), '--profile', '*', 'config', '--images'];
  // As the file says it, whatever this run of the tests uses.
  const { PATH, HOME } = process.env;
  const images = (await docker(args, { env: { PATH, HOME } })).trim().split('\n');
  expect(images.length).toBeGreaterThan(10);
  for (const image of images) expect(image).toMatch(/^[^\s:]+:v?\d+\.\d+\.\d+$/);
});

it.skipIf(missing('promtool'))('Prometheus takes its configuration', async () => {
  // The rules it names are where the container has them, not here.
  await run('promtool', ['check', 'config', '--syntax-only', file('prometheus/prometheus.yml')]);
});

it.skipIf(missing('amtool'))('Alertmanager takes its configuration', () =>
  run('amtool', ['check-config', file('alertmanager/alertmanager.yml')]),
);

it.each(['dragonfly', 'valkey', 'redis'] as const)('the broker is started with our flags of %s', (server) => {
  const script = readFileSync(file('broker.sh'), 'utf8');
  const place = { dir: '/data', host: '0.0.0.0', port: 6379, hasPassword: true };
  const flags = brokerArguments({ server, persistence: 'everysec', ...place }).filter((one) =>
    one.startsWith('--'),
  );
  expect(flags.length).toBeGreaterThan(5);
  for (const flag of flags) expect(script).toContain(flag);
});
