// Before all tests: the images, built as docs/DEPLOYMENT.md says.
import { runStep } from './deployment-guide.ts';
import { docker } from './docker.ts';
import { TEST_IMAGES, testEnvironment } from './project.ts';

export default async function buildImages(): Promise<() => Promise<void>> {
  await runStep(
    'build',
    { port: 7400, secrets: '', env: testEnvironment('nova-torch-build') },
    { timeoutMs: 900_000 },
  );
  return async () => {
    const images = await docker(['images', '--format', '{{.Repository}}:{{.Tag}}', `${TEST_IMAGES}*`]);
    await docker(['rmi', ...images.split('\n').filter(Boolean)]);
  };
}
