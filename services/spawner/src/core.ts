// What the consumers and loops of the spawner share, made once.
import { newAgentId } from '@nova-torch/protocol';
import type { ServiceBase } from '@nova-torch/service-kit';
import type { SpawnerDeps } from './consumers/deps.ts';
import { type HostCommand, hostCommand } from './domain/host-command.ts';
import { hostNodeOptions, type SpawnerEnv } from './env.ts';
import type { SpawnerHome } from './home/spawner-home.ts';
import { createHomeKeeper, type HomeKeeper } from './loops/home-keeper.ts';
import { SpawnReconciler } from './loops/spawn-reconciler.ts';
import { createSpawnerMetrics, registerSpawnerGauges } from './metrics.ts';
import { createRegistryLink } from './registry-link.ts';
import { type AgentLogs, createAgentLogs } from './runtime/agent-log.ts';
import { createProcessRuntime } from './runtime/process-runtime.ts';
import type { Runtime } from './runtime/runtime.ts';
import { agentStartSpec } from './start-spec.ts';
import { spawnerKeys } from './store/keys.ts';
import { createSpawnStore } from './store/spawn-store.ts';
import type { Templates } from './templates.ts';

/** What main.ts has made ready before the broker is there. */
export interface SpawnerParts {
  readonly home: SpawnerHome;
  readonly templates: Templates;
  /** Variables of this process's environment that agents get. */
  readonly handedOn: Readonly<Record<string, string>>;
  /** Where agents run whose template names no directory. */
  readonly cwd: string;
  /** The command line of an agent host, if it is not the usual one. */
  readonly hostCommand?: HostCommand;
}

export interface SpawnerCore extends SpawnerDeps {
  readonly runtime: Runtime;
  readonly logs: AgentLogs;
  readonly keeper: HomeKeeper;
  readonly logger: ServiceBase['logger'];
  readonly killAfterMs: number;
}

/** Wires the parts; nothing runs yet. */
export function createCore(base: ServiceBase<SpawnerEnv>, parts: SpawnerParts): SpawnerCore {
  const { env, broker, logger, partition, streams, instance } = base;
  const { home, templates } = parts;
  const { owner } = home;
  const host = env.SPAWNER_HOST;
  const killAfterMs = env.SPAWNER_KILL_AFTER_MS;
  const nowMs = () => broker.serverNowMs();

  const metrics = createSpawnerMetrics(base.metrics, templates.keys());
  const store = createSpawnStore({ broker, keys: spawnerKeys(partition), streams, sender: instance });
  const logs = createAgentLogs(home.agentLogs, env.SPAWNER_LOG_BYTES_MAX);
  const runtime = createProcessRuntime();
  const usual = { nodePath: process.execPath, nodeOptions: hostNodeOptions, cliEntry: env.NOVA_CLI_ENTRY };
  const command = parts.hostCommand ?? hostCommand(usual);
  const reconciler: SpawnReconciler = new SpawnReconciler({
    ...{ owner, store, runtime, logs, metrics, logger, nowMs },
    registry: createRegistryLink(base),
    times: { readyMs: env.SPAWNER_READY_TIMEOUT_MS, killAfterMs },
    startSpec: (spawn) => agentStartSpec({ ...parts, env, logs, command }, spawn),
  });
  registerSpawnerGauges(base.metrics, metrics, templates.keys(), reconciler);
  return {
    ...{ instance, owner, host, templates, store, runtime, logs, reconciler, metrics, streams, logger },
    ...{ killAfterMs, nowMs, agentsMax: env.SPAWNER_AGENTS_MAX },
    keeper: createHomeKeeper({ store, owner, instance, host, home: home.directory }),
    closing: false,
    newAgentId: () => newAgentId(partition, nowMs()),
  };
}
