import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { ServiceName } from '@nova-torch/protocol';

/** Where the parts of this installation are. */
export interface Installation {
  /** The root of the repository or package. */
  readonly root: string;
  /** Flags Node needs to run the entries below: TypeScript sources need a condition, built code none. */
  readonly nodeFlags: readonly string[];
  readonly cliEntry: string;
  serviceEntry(service: ServiceName): string;
}

/** Finds the parts from this file's own place: `src` when running from source, `dist` when built. */
export function findInstallation(here: string = import.meta.filename): Installation {
  const kind = here.endsWith('.ts') ? 'src' : 'dist';
  const root = resolve(dirname(here), '../../..');
  const file = kind === 'src' ? 'main.ts' : 'main.js';
  return {
    root,
    nodeFlags: kind === 'src' ? ['--conditions=source'] : [],
    cliEntry: join(root, 'packages/cli', kind, file),
    serviceEntry: (service) => join(root, 'services', service, kind, file),
  };
}

/** The broker that the local installation started, while it runs; with its password. */
export function localBroker(home: string): string | undefined {
  try {
    const { broker_url } = JSON.parse(readFileSync(join(home, 'run.json'), 'utf8')) as {
      broker_url?: unknown;
    };
    return typeof broker_url === 'string' ? broker_url : undefined;
  } catch {
    return undefined;
  }
}

/** Directory of what a local installation keeps: key, lock, addresses, logs, broker data. */
export const homeOf = (env: NodeJS.ProcessEnv): string =>
  resolve(env.NOVA_HOME || join(homedir(), '.nova-torch'));
