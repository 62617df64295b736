// docs/DEPLOYMENT.md, whose commands the tests run: a shell block below `<!-- run: NAME -->` is the step of that name.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RunOptions, run } from './docker.ts';

export const repository = join(import.meta.dirname, '../..');

const guide = readFileSync(join(repository, 'docs/DEPLOYMENT.md'), 'utf8');
const steps = new Map(
  [...guide.matchAll(/<!-- run: (\w+) -->\n```sh\n(.*?)```/gs)].map(([, name = '', text = '']) => [
    name,
    text,
  ]),
);

export interface Deployment {
  /** The first port of the gateways: the page says 7400, which may be taken here. */
  readonly port: number;
  readonly secrets: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Runs a step of the page as it stands there, but for the port and the places of the secrets. */
export function runStep(
  name: string,
  { port, secrets, env }: Deployment,
  options: RunOptions = {},
): Promise<string> {
  const text = steps.get(name);
  if (text === undefined) throw new Error(`docs/DEPLOYMENT.md has no step ${name}`);
  const here = `${steps.get('setup') ?? ''}\n${text}`
    .replaceAll('7400-7402', `${port}-${port + 2}`)
    .replaceAll('127.0.0.1:7400', `127.0.0.1:${port}`)
    .replaceAll('deploy/compose/secrets', secrets);
  return run('sh', ['-euc', here], { cwd: repository, env, timeoutMs: 300_000, ...options });
}
