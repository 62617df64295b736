// `node deploy/docker/compare-builds.ts`: builds all images twice from this checkout, without a cache, and compares them.
// Prints each image with its digest; exit code 1 with the files that differ.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const IMAGES = ['registry', 'task-router', 'spawner', 'collaboration', 'gateway', 'cli'];
const OUTPUT_BYTES_MAX = 256 * 1024 * 1024;

const [first, second] = ['nova-torch-first/', 'nova-torch-second/'];

function run(program: string, args: readonly string[], env: Record<string, string> = {}): string {
  const settings = { cwd: root, env: { ...process.env, ...env }, maxBuffer: OUTPUT_BYTES_MAX };
  return execFileSync(program, args, {
    ...settings,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim();
}

function build(prefix: string): void {
  const revision = run('git', ['rev-parse', 'HEAD']);
  const epoch = run('git', ['log', '-1', '--format=%ct']);
  run('docker', ['buildx', 'bake', '--no-cache', '--file', 'deploy/docker/docker-bake.hcl'], {
    NOVA_IMAGES: prefix,
    NOVA_VERSION: 'compared',
    NOVA_REVISION: revision,
    SOURCE_DATE_EPOCH: epoch,
  });
}

/** Everything the image says it is: its configuration and the digests of its layers, in one digest. */
const digestOf = (image: string): string => run('docker', ['image', 'inspect', '--format', '{{.Id}}', image]);

/** Type, mode, owner, time and content of every file that is not of the base image. */
function filesOf(image: string): string[] {
  const script =
    'cd / && find app usr/bin/tini var/lib/nova-torch -printf "%y %m %U:%G %T@ %p %l\\n" && find app usr/bin/tini -type f -exec sha256sum {} +';
  return run('docker', ['run', '--rm', '--user', '0', '--entrypoint', 'sh', image, '-c', script])
    .split('\n')
    .sort();
}

let different = 0;
build(first);
build(second);
for (const name of IMAGES) {
  const [one = '', other = ''] = [first, second].map((prefix) => `${prefix}${name}:compared`);
  const [digest, again] = [digestOf(one), digestOf(other)];
  if (digest === again) {
    process.stdout.write(`${name} ${digest}\n`);
    continue;
  }
  different += 1;
  const [files, others] = [filesOf(one), filesOf(other)];
  const changed = others.filter((line) => !files.includes(line));
  process.stdout.write(`${name} ${digest} ${again} differ: ${changed.join('; ') || 'not in their files'}\n`);
}
run('docker', [
  'rmi',
  ...[first, second].flatMap((prefix) => IMAGES.map((name) => `${prefix}${name}:compared`)),
]);
process.exitCode = different === 0 ? 0 : 1;
