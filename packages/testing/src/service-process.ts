import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { bareEnvironment } from './env.ts';

/** A service as a process, as an operator starts it, with nothing in its environment but PATH and what is given. */
export interface ServiceProcess {
  readonly child: ChildProcess;
  /** Where it listens, as soon as it says so; rejects if it ends before. */
  readonly address: Promise<string>;
  /** What it wrote to stderr so far. */
  said(): string;
}

/** Starts the process of a service's `main.ts`; whoever starts it ends it. */
export function startServiceProcess(main: string, env: Readonly<Record<string, string>>): ServiceProcess {
  const child = spawn(process.execPath, ['--conditions=source', main], {
    env: { ...bareEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const address = new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { msg, address: found } = JSON.parse(line) as { msg: string; address?: string };
      if (msg === 'listening' && found !== undefined) resolve(found);
    });
    child.once('close', () => reject(new Error(`it ended before it listened: ${said}`)));
  });
  address.catch(() => undefined);
  return { child, address, said: () => said };
}
