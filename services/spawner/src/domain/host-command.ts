import type { AgentTemplate } from '@nova-torch/protocol';

/** What the command line of an agent host is built from; fixed for a spawner. */
export interface HostProgram {
  /** The Node binary everything runs with. */
  readonly nodePath: string;
  /** Options of Node itself, before the script. */
  readonly nodeOptions: readonly string[];
  /** The script with the `agent run` command. */
  readonly cliEntry: string;
}

/** Builds the command line of the agent host of a template; injected, so that tests run other programs. */
export type HostCommand = (template: AgentTemplate) => readonly string[];

/**
 * `node … agent run --role … --skills … --capacity … --label … --team … -- <command>`: the host registers the agent, and runs the
 * template's command once for each task. `node` as the command means the Node binary the spawner itself runs on.
 */
export function hostCommand(program: HostProgram): HostCommand {
  return ({ role, skills, capacity, labels, teams = [], command }) => [
    program.nodePath,
    ...program.nodeOptions,
    program.cliEntry,
    'agent',
    'run',
    '--role',
    role,
    ...(skills.length === 0 ? [] : ['--skills', skills.join(',')]),
    '--capacity',
    String(capacity),
    ...Object.entries(labels).flatMap(([name, value]) => ['--label', `${name}=${value}`]),
    ...teams.flatMap((team) => ['--team', team]),
    '--',
    ...(command[0] === 'node' ? [program.nodePath, ...command.slice(1)] : command),
  ];
}

/** What the environment of an agent host is built from. */
export interface HostEnvironment {
  readonly brokerUrl: string;
  readonly novaHome: string;
  readonly supervisorFile: string;
  readonly orphanGraceMs: number;
  readonly partition: number;
  /** Variables of the spawner's own environment that are handed on, already chosen. */
  readonly inherited: Readonly<Record<string, string>>;
}

/**
 * Variables that are read back from /proc. `spawnId` marks every process of a spawn, whoever its parent is; the others
 * only its agent host has, because the host hands nothing else of ours on to what it runs.
 */
export const MARKS = {
  spawnId: 'NOVA_SPAWN_ID',
  supervisorFile: 'NOVA_SUPERVISOR_FILE',
  agentId: 'NOVA_AGENT_ID',
  template: 'NOVA_TEMPLATE',
  brokerUrl: 'NOVA_BROKER_URL',
} as const;

/**
 * The whole environment of an agent host. The template's own variables cannot replace ours: by the mark we
 * prove that nothing of a spawn is left.
 */
export function hostEnvironment(
  host: HostEnvironment,
  template: AgentTemplate,
  ids: { readonly spawnId: string; readonly agentId: string },
): Record<string, string> {
  return {
    ...host.inherited,
    ...template.env,
    NOVA_HOME: host.novaHome,
    NOVA_PARTITION: String(host.partition),
    [MARKS.supervisorFile]: host.supervisorFile,
    NOVA_ORPHAN_GRACE_MS: String(host.orphanGraceMs),
    [MARKS.brokerUrl]: host.brokerUrl,
    [MARKS.agentId]: ids.agentId,
    [MARKS.spawnId]: ids.spawnId,
    [MARKS.template]: template.name,
  };
}
