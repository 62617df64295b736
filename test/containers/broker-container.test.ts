// The test brokers in containers (NOVA_TEST_BROKER=docker): a few files of the usual tests, on the image.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { repository } from './deployment-guide.ts';
import { run } from './docker.ts';
import { testEnvironment } from './project.ts';

const FILES = ['packages/testing/test/test-broker.test.ts', 'packages/streams/test/poison.test.ts'];

it('tests run on a broker in a container', { timeout: 300_000 }, async () => {
  const env = {
    ...testEnvironment('nova-torch-broker-test'),
    NOVA_TEST_BROKER: 'docker',
    // Its own container that tidies up is one more image; ours are guarded by the process that started them.
    TESTCONTAINERS_RYUK_DISABLED: 'true',
    TESTCONTAINERS_HOST_OVERRIDE: '127.0.0.1',
  };
  const directory = mkdtempSync(join(tmpdir(), 'nova-torch-containers-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const report = join(directory, 'report.json');
  const vitest = join(repository, 'node_modules/.bin/vitest');
  const args = ['run', '--reporter=json', `--outputFile=${report}`, ...FILES];
  await run(vitest, args, { cwd: repository, env, timeoutMs: 280_000 });
  const { numFailedTests, numPassedTests } = JSON.parse(readFileSync(report, 'utf8')) as {
    numFailedTests: number;
    numPassedTests: number;
  };
  expect(numFailedTests).toBe(0);
  expect(numPassedTests).toBeGreaterThan(10);
});
