// `pnpm test:containers`: builds the images and runs the platform in containers. Without Docker it says so, and succeeds.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { repository } from './deployment-guide.ts';
import { whyNoDocker } from './docker.ts';

const reason = await whyNoDocker();
if (reason === undefined) {
  const vitest = join(repository, 'node_modules/.bin/vitest');
  const args = ['run', '--config', 'vitest.containers.config.ts', ...process.argv.slice(2)];
  const tests = spawn(vitest, args, { cwd: repository, stdio: 'inherit' });
  const [code] = await once(tests, 'exit');
  process.exitCode = code ?? 1;
} else {
  process.stdout.write(`container tests skipped: ${reason}\n`);
}
