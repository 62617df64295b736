// `pnpm test:containers`: builds the images and runs the platform in containers. Without Docker it says so, and succeeds.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { repository, runStep } from './deployment-guide.ts';
import { docker, whyNoDocker } from './docker.ts';
import { TEST_IMAGES, testEnvironment } from './project.ts';

const BUILD_MS_MAX = 900_000;

async function buildImages(): Promise<void> {
  const env = testEnvironment('nova-torch-build');
  await runStep('build', { port: 7400, secrets: '', env }, { timeoutMs: BUILD_MS_MAX });
}

async function removeImages(): Promise<void> {
  const images = await docker(['images', '--format', '{{.Repository}}:{{.Tag}}', `${TEST_IMAGES}*`]);
  await docker(['rmi', ...images.split('\n').filter(Boolean)]);
}

async function runTests(): Promise<number> {
  const args = ['run', '--config', 'vitest.containers.config.ts', ...process.argv.slice(2)];
  const vitest = spawn(join(repository, 'node_modules/.bin/vitest'), args, {
    cwd: repository,
    stdio: 'inherit',
  });
  const [code] = await once(vitest, 'exit');
  return code ?? 1;
}

const reason = await whyNoDocker();
if (reason === undefined) {
  await buildImages();
  process.exitCode = await runTests();
  await removeImages();
} else {
  process.stdout.write(`container tests skipped: ${reason}\n`);
}
