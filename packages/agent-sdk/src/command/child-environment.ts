// What a command finds in its environment. Pure.
//
// E1 No variable of the platform itself reaches a command: every name that begins with NOVA_ is left out, then only
//    those made here are added. So neither the broker's URL nor the admin key can pass by their names.
// E2 Nor by another name: a variable whose value contains one of the host's secrets is left out.
import type { TaskAssignedV1 } from '@nova-torch/protocol';
import type { AssignedTask, TaskContext } from '../task-context.ts';

/** A variable is left out when it has more bytes: the kernel takes no more than 128 KiB. Everything is on stdin as well. */
const VALUE_BYTES_MAX = 64 * 1024;
/** A shorter secret would match by accident. */
const SECRET_CHARS_MIN = 6;

export interface CommandEnvironmentInput {
  /** The host's own environment. */
  readonly host: Readonly<Record<string, string | undefined>>;
  /** Values no command may see. */
  readonly secrets: readonly string[];
  readonly task: AssignedTask;
  readonly context: Pick<
    TaskContext,
    'agentId' | 'attempt' | 'lastError' | 'epoch' | 'dependencyResults' | 'traceparent' | 'access'
  >;
  /** Marks every process of this run. */
  readonly runId: string;
}

/** The host's environment without anything of the platform's (E1, E2). */
export function scrubEnvironment(
  host: CommandEnvironmentInput['host'],
  secrets: readonly string[],
): Record<string, string> {
  const telling = secrets.filter((secret) => secret.length >= SECRET_CHARS_MIN);
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(host)) {
    if (value === undefined || name.startsWith('NOVA_')) continue;
    if (telling.some((secret) => value.includes(secret))) continue;
    kept[name] = value;
  }
  return kept;
}

/** The environment of a check: nothing of the task's and no token, only the mark of its processes. */
export function checkEnvironment(
  host: CommandEnvironmentInput['host'],
  secrets: readonly string[],
  runId: string,
): Record<string, string> {
  return { SHLVL: '1', ...scrubEnvironment(host, secrets), ...runMark(host, runId) };
}

/** A command may itself be a host: what it starts belongs to both runs. */
const runMark = (host: CommandEnvironmentInput['host'], runId: string): { NOVA_RUN_ID: string } => ({
  NOVA_RUN_ID: host.NOVA_RUN_ID ? `${host.NOVA_RUN_ID}/${runId}` : runId,
});

/** The environment of a task's command. */
export function commandEnvironment(input: CommandEnvironmentInput): Record<string, string> {
  const { host, task, context, runId } = input;
  const own: Record<string, string | undefined> = {
    NOVA_TASK_ID: task.task_id,
    NOVA_TASK_TITLE: task.title,
    NOVA_TASK_DESCRIPTION: task.description,
    NOVA_TASK_TYPE: task.task_type,
    NOVA_TASK_ROLE: task.role,
    NOVA_TASK_PRIORITY: task.priority,
    NOVA_TASK_ATTEMPT: String(context.attempt),
    NOVA_TASK_LAST_ERROR: context.lastError?.message,
    NOVA_TASK_EPOCH: String(context.epoch),
    NOVA_TASK_INPUTS: JSON.stringify(task.inputs),
    NOVA_TASK_CONTEXT: JSON.stringify(task.context),
    NOVA_TASK_DEPENDENCY_RESULTS: JSON.stringify(context.dependencyResults),
    TRACEPARENT: context.traceparent,
    NOVA_AGENT_ID: context.agentId,
    NOVA_API_URL: context.access.apiUrl ?? host.NOVA_API_URL,
    NOVA_AGENT_TOKEN: context.access.token,
    NOVA_SPAWN_ID: host.NOVA_SPAWN_ID,
    // bash whose standard input is a socket, as Node's pipes are, takes itself for one of rshd's and runs ~/.bashrc,
    // unless it is told that a shell runs above it.
    SHLVL: host.SHLVL ?? '1',
    ...runMark(host, runId),
  };
  const environment = scrubEnvironment(host, input.secrets);
  delete environment.TRACEPARENT;
  for (const [name, value] of Object.entries(own)) {
    if (value === undefined || Buffer.byteLength(value) >= VALUE_BYTES_MAX) continue;
    environment[name] = value.replaceAll('\0', '');
  }
  return environment;
}

/** The document a command finds on its standard input: the task, who it is and what it builds on. */
export function taskDocument(
  task: AssignedTask,
  context: CommandEnvironmentInput['context'],
): AssignedTask & Pick<TaskAssignedV1['payload'], 'attempt' | 'epoch'> & Record<string, unknown> {
  return {
    ...task,
    agent_id: context.agentId,
    attempt: context.attempt,
    epoch: context.epoch,
    dependency_results: context.dependencyResults,
    ...(context.lastError === undefined ? {} : { last_error: context.lastError }),
    ...(context.traceparent === undefined ? {} : { traceparent: context.traceparent }),
  };
}
