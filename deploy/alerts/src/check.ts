// `pnpm alerts:test`: has promtool check the rules and run their tests.
import { join } from 'node:path';
import { promtool } from './promtool.ts';

const directory = join(import.meta.dirname, '..');
for (const args of [
  ['check', 'rules', 'nova-torch.alerts.yml'],
  ['test', 'rules', 'tests/nova-torch.test.yml'],
]) {
  const run = promtool(args, directory);
  if (run === undefined) {
    process.stderr.write(
      'promtool is not on PATH: it comes with Prometheus (Debian: apt-get install prometheus)\n',
    );
    process.exitCode = 69;
    break;
  }
  process.stdout.write(`promtool ${args.join(' ')}\n${run.output}\n`);
  if (!run.ok) process.exitCode = 1;
}
