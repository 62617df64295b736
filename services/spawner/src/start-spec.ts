import { type HostCommand, hostEnvironment } from './domain/host-command.ts';
import type { StoredSpawn } from './domain/spawn.ts';
import type { SpawnerEnv } from './env.ts';
import type { SpawnerHome } from './home/spawner-home.ts';
import type { AgentLogs } from './runtime/agent-log.ts';
import type { StartSpec } from './runtime/runtime.ts';
import type { Templates } from './templates.ts';

export interface StartSpecDeps {
  readonly env: SpawnerEnv;
  readonly home: SpawnerHome;
  readonly templates: Templates;
  readonly logs: AgentLogs;
  readonly command: HostCommand;
  readonly handedOn: Readonly<Record<string, string>>;
  /** Where agents run whose template names no directory. */
  readonly cwd: string;
}

/** What to start for a spawn; refused when its template is not there any more. */
export function agentStartSpec(
  deps: StartSpecDeps,
  { record }: StoredSpawn,
): StartSpec | { refused: string } {
  const { env, home, logs } = deps;
  const { spawn_id, agent_id, template: name } = record;
  const template = deps.templates.get(name);
  if (!template) return { refused: `there is no template ${name} any more` };
  const environment = {
    brokerUrl: env.NOVA_BROKER_URL,
    novaHome: home.directory,
    supervisorFile: home.supervisorFile,
    orphanGraceMs: env.NOVA_ORPHAN_GRACE_MS,
    partition: env.NOVA_PARTITION,
    inherited: deps.handedOn,
  };
  return {
    spawnId: spawn_id,
    command: deps.command(template),
    env: hostEnvironment(environment, template, { spawnId: spawn_id, agentId: agent_id }),
    cwd: template.cwd ?? deps.cwd,
    logFile: logs.file(spawn_id),
  };
}
