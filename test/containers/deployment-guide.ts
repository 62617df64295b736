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

export interface StepOptions extends RunOptions {
  /** Names on the page that have to be others here. */
  replace?: Readonly<Record<string, string>>;
}

/** Runs a step of the page as it stands there, but for the ports, the place of the secrets, and what is to be replaced. */
export function runStep(name: string, deployment: Deployment, options: StepOptions = {}): Promise<string> {
  const { port, secrets, env } = deployment;
  const { replace = {}, ...runOptions } = options;
  const step = steps.get(name);
  if (step === undefined) throw new Error(`docs/DEPLOYMENT.md has no step ${name}`);
  const others = {
    '7400-7402': `${port}-${port + 2}`,
    '127.0.0.1:7400': `127.0.0.1:${port}`,
    'deploy/compose/secrets': secrets,
    ...replace,
  };
  let text = `${steps.get('setup') ?? ''}\n${step}`;
  for (const [from, to] of Object.entries(others)) text = text.replaceAll(from, to);
  return run('sh', ['-euc', text], { cwd: repository, env, timeoutMs: 300_000, ...runOptions });
}
