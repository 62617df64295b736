// Agents as people run them: `nova-torch agent run -- CMD` as a process of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { findInstallation } from '@nova-torch/cli/installation';
import { bareEnvironment, type Platform } from '@nova-torch/testing';

export interface RunningAgent {
  readonly agentId: string;
  readonly process: ChildProcess;
  readonly log: string[];
  kill9(): Promise<void>;
  stop(): Promise<void>;
}

export interface AgentProcessOptions {
  role?: string;
  skills: string[];
  capacity?: number;
  command: string[];
  /** Over the gateway instead of the broker. */
  overHttp?: boolean;
  env?: Record<string, string>;
}

/** Starts an agent and resolves when it has registered. */
export async function startAgent(platform: Platform, options: AgentProcessOptions): Promise<RunningAgent> {
  const { cliEntry, nodeFlags } = findInstallation();
  const args = ['agent', 'run', '--role', options.role ?? 'developer', '--skills', options.skills.join(',')];
  if (options.capacity) args.push('--capacity', String(options.capacity));
  const child = spawn(process.execPath, [...nodeFlags, cliEntry, ...args, '--', ...options.command], {
    env: {
      ...bareEnvironment(),
      // The marker by which a test platform finds what was started on it.
      NOVA_HOME: platform.home,
      ...(options.overHttp
        ? { NOVA_API_URL: platform.gatewayUrl, NOVA_API_KEY: platform.adminKey }
        : { NOVA_BROKER_URL: platform.brokerUrl }),
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const log: string[] = [];
  const registered = Promise.withResolvers<string>();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      log.push(line);
      if (line.includes('"registered"'))
        registered.resolve((JSON.parse(line) as { agent_id: string }).agent_id);
    });
  }
  child.once('exit', (code, signal) =>
    registered.reject(new Error(`the agent ended (${signal ?? code}): ${log.join('\n')}`)),
  );
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
  };
  return {
    agentId: await registered.promise,
    process: child,
    log,
    kill9: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
  };
}
