import { hostname } from 'node:os';
import { type AgentId, AgentRegistration, type AgentRegistrationInput } from '@nova-torch/protocol';
import { type Tracing, untraced } from '@nova-torch/tracing';
import type { WorkspaceOptions } from './criteria/prove-in-workspace.ts';
import { type AgentLogger, silentLogger } from './logger.ts';
import type { Connect } from './transport/agent-transport.ts';

const SYSTEM_PATH = '/usr/local/bin:/usr/bin:/bin';

export interface AgentOptions {
  /** developer, pm, qa, devops, specialist or any other name. */
  role: string;
  /** Names, or names with a level from 0 to 1. */
  skills?: AgentRegistrationInput['skills'];
  name?: string | undefined;
  /** Tasks it does at the same time, 1 to 1000. Default 1. */
  capacity?: number | undefined;
  /** To be the same agent again after a restart. Without, every registration is a new agent. */
  agentId?: string | undefined;
  /** Names and values of its own; `label:<name>=<value>` addresses all that have one. */
  labels?: Record<string, string> | undefined;
  /** Teams it belongs to; `team:<team>` addresses them. */
  teams?: string[] | undefined;
  /** Where it runs. Default: the host's name. */
  host?: string | undefined;
  tmuxTarget?: string | undefined;
  parentAgent?: string | undefined;
  /** The spawn it was started by, if one. */
  spawnId?: string | undefined;
  /** How it reaches the platform: `streamsTransport({…})` or `gatewayTransport({…})`. */
  connect: Connect;
  /**
   * The directory its handler works in. With it the files and the command that a task's success criteria ask for are
   * checked there after the handler, in this process; an agent without it cannot complete a task that has such.
   */
  workspace?: string | undefined;
  /** Of it a check command in the workspace gets what is not the platform's. Default: nothing but a PATH. */
  environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** Where the spans of its tasks go (`startTracing` of @nova-torch/tracing). Default: nowhere; traces are handed on. */
  tracing?: Tracing | undefined;
  /** Default: no logging. */
  logger?: AgentLogger | undefined;
  /** How long an aborted handler may take before its end is reported without it, in ms. Default 10,000. */
  abortGraceMs?: number | undefined;
  /** How long one call of the message handler may take, in ms. Default 30,000. */
  messageDeadlineMs?: number | undefined;
}

export interface ResolvedOptions {
  readonly registration: Omit<AgentRegistration, 'agent_id'>;
  readonly agentId: AgentId | undefined;
  readonly connect: Connect;
  readonly workspace: Omit<WorkspaceOptions, 'secrets'> | undefined;
  readonly logger: AgentLogger;
  readonly tracing: Tracing;
  readonly abortGraceMs: number;
  readonly messageDeadlineMs: number;
}

/** Checks the options once; throws an error that names every field that is wrong. */
export function resolveOptions(options: AgentOptions): ResolvedOptions {
  const given = {
    role: options.role,
    skills: options.skills,
    name: options.name,
    capacity: options.capacity,
    agent_id: options.agentId,
    labels: options.labels,
    teams: options.teams,
    host: (options.host ?? hostname()).slice(0, 200),
    tmux_target: options.tmuxTarget,
    parent_agent: options.parentAgent,
    spawn_id: options.spawnId,
  };
  const parsed = AgentRegistration.safeParse(given);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new TypeError(`the agent's options are not valid: ${problems.join('; ')}`);
  }
  const { agent_id, ...registration } = parsed.data;
  return {
    registration,
    agentId: agent_id,
    connect: options.connect,
    workspace:
      options.workspace === undefined
        ? undefined
        : { workspace: options.workspace, environment: options.environment ?? { PATH: SYSTEM_PATH } },
    logger: options.logger ?? silentLogger,
    tracing: options.tracing ?? untraced,
    abortGraceMs: options.abortGraceMs ?? 10_000,
    messageDeadlineMs: options.messageDeadlineMs ?? 30_000,
  };
}
