// The processes in which the agents of a chaos run live.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { killProcess, stopProcess } from '@nova-torch/testing';
import { within } from '../deadline.ts';
import type { AgentHostOptions, FromAgentHost } from './agent-host.ts';

const READY_WITHIN_MS = 120_000;
const END_WITHIN_MS = 8_000;

/** One process with agents, which may be killed and started again. */
export class AgentHost {
  readonly name: string;
  /** Ids of its agents, those of former lives included. */
  readonly agentIds = new Set<string>();
  readonly #options: AgentHostOptions;
  readonly #home: string;
  #child: ChildProcess | undefined;

  /** `home` marks its process, so that it ends with the platform. */
  constructor(name: string, home: string, options: AgentHostOptions) {
    this.name = name;
    this.#home = home;
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Resolves when its agents have registered. */
  async start(): Promise<void> {
    const file = new URL('./agent-host.ts', import.meta.url);
    const child = fork(file, [JSON.stringify(this.#options)], {
      execArgv: ['--conditions=source'],
      env: { ...process.env, NOVA_HOME: this.#home },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child = child;
    const ready = Promise.withResolvers<void>();
    child.on('message', (message: FromAgentHost) => {
      if (message.kind === 'agent') this.agentIds.add(message.agentId);
      else ready.resolve();
    });
    // A host that is killed before it was ready is no failure of the one who started it.
    child.once('exit', () => {
      ready.resolve();
      if (this.#child === child) this.#child = undefined;
    });
    await within(READY_WITHIN_MS, `${this.name} getting ready`, ready.promise);
  }

  async kill9(): Promise<void> {
    if (this.pid !== undefined) await killProcess(this.pid);
  }

  async freeze(forMs: number): Promise<void> {
    if (this.pid !== undefined) await stopProcess(this.pid, forMs);
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const exit = once(child, 'exit');
    if (child.connected) child.disconnect();
    const overdue = setTimeout(() => child.kill('SIGKILL'), END_WITHIN_MS);
    await exit;
    clearTimeout(overdue);
  }
}
