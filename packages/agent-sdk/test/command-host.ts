import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { AgentId } from '@nova-torch/protocol';
import { bareEnvironment, eventually } from '@nova-torch/testing';

const PROGRAM = fileURLToPath(new URL('./fixtures/command-host.ts', import.meta.url));

export interface HostOptions {
  brokerUrl: string;
  command: readonly string[];
  options?: object;
  environment?: Record<string, string>;
}

/** A host of a command agent in a process of its own. */
export class CommandHost {
  readonly #child: ChildProcess;
  readonly lines: Record<string, unknown>[] = [];
  readonly exited: Promise<number | NodeJS.Signals | null>;

  constructor({ brokerUrl, command, options = {}, environment = {} }: HostOptions) {
    const args = ['--conditions=source', PROGRAM, brokerUrl, JSON.stringify(options), ...command];
    this.#child = spawn(process.execPath, args, {
      env: { ...bareEnvironment(), ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (this.#child.stdout) {
      createInterface({ input: this.#child.stdout }).on('line', (line) => this.lines.push(JSON.parse(line)));
    }
    this.exited = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => resolve(code ?? signal));
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async registered(): Promise<AgentId> {
    const line = await eventually(() => this.#line('registered'), {
      timeoutMs: 30_000,
      what: 'registration',
    });
    return line.agent_id as AgentId;
  }

  logged(text: string): Promise<Record<string, unknown>> {
    return eventually(() => this.#line(text), { timeoutMs: 20_000, what: `the log line ${text}` });
  }

  async end(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exited;
  }

  #line(msg: string): Record<string, unknown> {
    const found = this.lines.find((line) => line.msg === msg);
    if (!found) throw new Error(`not logged: ${msg}; but ${JSON.stringify(this.lines)}`);
    return found;
  }
}

/** Pids of live processes that have this text in their environment or on their command line. */
export function processesWith(text: string): number[] {
  const found: number[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    try {
      const [, state] = /\) (\S)/.exec(readFileSync(`/proc/${name}/stat`, 'latin1')) ?? [];
      const known = ['environ', 'cmdline'].some((file) =>
        readFileSync(`/proc/${name}/${file}`, 'latin1').includes(text),
      );
      if (known && state !== 'Z') found.push(Number(name));
    } catch {
      // It ended while it was looked at.
    }
  }
  return found;
}

export function parentOf(pid: number): number | undefined {
  try {
    return Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1]);
  } catch {
    return undefined;
  }
}
