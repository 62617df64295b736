// Three kinds of agent hosts to be killed; they differ in who sees their end.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from '@nova-torch/testing';
import { within } from '../deadline.ts';
import type { Scene } from './scenario.ts';

const REGISTERED_WITHIN_MS = 60_000;

export interface Host {
  readonly agentId: string;
  kill9(): void;
  /** Ends it; fine when it was killed. */
  end(): Promise<void>;
}

export type StartHost = () => Promise<Host>;

/** Started by the spawner, which sees its process end. */
export function spawnedHosts({ client }: Scene, template: string): StartHost {
  return async () => {
    const { agent_id: agentId, spawn_id } = await client.spawnAgent({ template });
    const spawn = await eventually(
      async () =>
        (await client.listSpawns()).find((one) => one.spawn_id === spawn_id && one.state === 'running') ??
        false,
      { timeoutMs: REGISTERED_WITHIN_MS, everyMs: 50, what: `${agentId} running` },
    );
    const { pid } = spawn;
    if (pid === undefined) throw new Error(`${spawn_id} has no process`);
    return {
      agentId,
      kill9: () => void process.kill(pid, 'SIGKILL'),
      end: async () => void (await client.terminateAgent(agentId, { force: true }).catch(() => undefined)),
    };
  };
}

/** Connected over HTTP; the gateway sees its connection close. */
export function httpHosts({ platform }: Scene, skill: string): StartHost {
  return () => forked(platform.home, [skill, '', platform.gatewayUrl, platform.adminKey]);
}

/** On the streams, started by nobody we know: only its heartbeats stop. */
export function unwatchedHosts({ platform }: Scene, skill: string): StartHost {
  return () => forked(platform.home, [skill, platform.brokerUrl]);
}

async function forked(home: string, args: readonly string[]): Promise<Host> {
  const file = new URL('./killable-agent.ts', import.meta.url);
  const child: ChildProcess = fork(file, [...args], {
    execArgv: ['--conditions=source'],
    // The mark by which the platform ends whatever was started on it.
    env: { ...process.env, NOVA_HOME: home },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exit = once(child, 'exit');
  const [agentId] = await within(
    REGISTERED_WITHIN_MS,
    'an agent to register',
    Promise.race([once(child, 'message'), exit]),
  );
  if (typeof agentId !== 'string') throw new Error(`the agent ended: ${String(agentId)}`);
  return {
    agentId,
    kill9: () => void child.kill('SIGKILL'),
    async end() {
      if (child.connected) child.disconnect();
      const overdue = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await exit;
      clearTimeout(overdue);
    },
  };
}
