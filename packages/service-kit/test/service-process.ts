import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { bareEnvironment, eventually } from '@nova-torch/testing';

const MAIN = fileURLToPath(new URL('./fixtures/plain-main.ts', import.meta.url));

/** A service of the fixture as a process of its own, with what it wrote and how it ended. */
export class ServiceProcess {
  readonly #child: ChildProcess;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  stdout = '';
  stderr = '';

  constructor(env: Record<string, string>) {
    this.#child = spawn(process.execPath, ['--conditions=source', MAIN], {
      env: { ...bareEnvironment(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.exited = new Promise((resolve) =>
      this.#child.on('close', (code, signal) => resolve({ code, signal })),
    );
  }

  /** The log lines so far; each must be JSON. */
  events(): Record<string, unknown>[] {
    const lines = this.stdout.split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Waits for the log line with this message. */
  logged(msg: string): Promise<Record<string, unknown>> {
    const what = `the log line "${msg}"`;
    return eventually(() => this.events().find((event) => event.msg === msg) ?? false, {
      timeoutMs: 15_000,
      what,
    });
  }

  signal(name: 'SIGTERM' | 'SIGINT'): void {
    this.#child.kill(name);
  }

  /** Ends it if it still runs; for the end of a test. */
  async end(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exited;
  }
}
