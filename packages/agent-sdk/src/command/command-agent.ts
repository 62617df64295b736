// Any command as an agent: each task is one run of the command (the core of `nova-torch agent run`).
//
//   child-environment.ts  what the command may know        run-command.ts      one run, from start to sweep
//   command-output.ts     what its lines mean              process-tree.ts     finding and ending all of it
//   orphan-guard.ts/.sh   when the host is killed          supervisor-watch.ts when the spawner is gone
//
// C1 Nothing of a run outlives it: when a run has ended, all its processes have (process-tree.ts says what is found).
// C2 Nothing of a run outlives the host for long: the guard ends it even after kill -9.
// C3 A command sees no secret but the token of its own agent (child-environment.ts).
import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import { type CriterionEvidence, needsWorkspace, type SuccessCriteria } from '@nova-torch/protocol';
import { Agent, type DrainOptions } from '../agent.ts';
import type { AgentOptions } from '../agent-options.ts';
import { checkCriteria } from '../criteria/check-criteria.ts';
import { criteriaToCheck } from '../criteria/check-task.ts';
import { type AgentLogger, silentLogger } from '../logger.ts';
import type { AssignedTask, TaskContext } from '../task-context.ts';
import { TaskCompletion, TaskFailure } from '../task-failure.ts';
import { CHECK_SPAN } from '../task-run.ts';
import { checkEnvironment, commandEnvironment, taskDocument } from './child-environment.ts';
import { OrphanGuard } from './orphan-guard.ts';
import { type CommandEnd, runCommand } from './run-command.ts';

/** sysexits.h: the input was wrong, no retry mends that. */
const EX_DATAERR = 65;

export interface CommandAgentOptions extends Omit<AgentOptions, 'workspace'> {
  /** The program and its arguments; no shell in between. */
  command: readonly string[];
  /** Where it runs; the workspace in which success criteria are checked. Default: the host's directory. */
  cwd?: string | undefined;
  /** The host's environment, of which the command gets what is not the platform's. */
  environment: Readonly<Record<string, string | undefined>>;
  /** From the polite end of a command to the forced one, in ms. Default 5,000. */
  graceMs?: number | undefined;
}

export class CommandAgent {
  readonly #options: CommandAgentOptions;
  readonly #command: readonly [string, ...string[]];
  readonly #agent: Agent;
  readonly #logger: AgentLogger;
  readonly #hostId = randomBytes(16).toString('hex');
  readonly #guard: OrphanGuard;
  readonly #kill = new AbortController();
  #secrets: string[];
  #runs = 0;

  /** Throws a TypeError that names every option that is wrong. */
  constructor(options: CommandAgentOptions) {
    const [program, ...args] = options.command;
    if (program === undefined || program === '') throw new TypeError('the agent needs a command');
    const graceMs = options.graceMs ?? 5_000;
    const { environment } = options;
    this.#options = options;
    this.#command = [program, ...args];
    this.#logger = options.logger ?? silentLogger;
    this.#secrets = [
      environment.NOVA_BROKER_URL,
      environment.NOVA_ADMIN_KEY,
      environment.NOVA_API_KEY,
      environment.OTEL_EXPORTER_OTLP_HEADERS,
    ].filter((value) => value !== undefined);
    this.#guard = new OrphanGuard({
      hostId: this.#hostId,
      path: environment.PATH,
      spawnId: environment.NOVA_SPAWN_ID,
      logger: this.#logger,
    });
    this.#agent = new Agent({
      ...options,
      // The sweep after the grace takes its time too.
      abortGraceMs: options.abortGraceMs ?? graceMs + 10_000,
      connect: (context) => {
        const transport = options.connect(context);
        this.#secrets = [...this.#secrets, ...transport.secrets];
        return transport;
      },
    });
    this.#agent.onTask((task, context) => this.#run(task, context, graceMs));
  }

  get agentId(): string | undefined {
    return this.#agent.agentId;
  }

  /** Resolves when the agent has ended and nothing of its commands is left. */
  get closed(): Promise<void> {
    return this.#agent.closed.then(() => this.#guard.stop());
  }

  /** Starts the guard and registers; see Agent.start. */
  async start(): Promise<void> {
    this.#guard.start();
    try {
      await this.#agent.start();
    } catch (error) {
      await this.#guard.stop();
      throw error;
    }
  }

  /** See Agent.drain. */
  async drain(options?: DrainOptions): Promise<void> {
    await this.#agent.drain(options);
    await this.#guard.stop();
  }

  /** See Agent.stop: running commands are ended, politely first. */
  async stop(): Promise<void> {
    await this.#agent.stop();
    await this.#guard.stop();
  }

  /** Kills running commands at once, then stops; what could not be said within a second is not said. */
  async kill(): Promise<void> {
    this.#kill.abort();
    await this.#agent.stop({ hurry: true });
    await this.#guard.stop();
  }

  async #run(task: AssignedTask, context: TaskContext, graceMs: number): Promise<TaskCompletion> {
    this.#runs += 1;
    const runId = `${this.#hostId}.${this.#runs}`;
    const toCheck = criteriaToCheck(task);
    if (toCheck !== undefined)
      return new TaskCompletion({ evidence: await this.#evidence(toCheck, context, `${runId}.check`) });
    const end = await context.inSpan(`run ${basename(this.#command[0])}`, async (span) => {
      const ended = await this.#runOnce(task, { ...context, traceparent: span.traceparent }, runId, graceMs);
      if (ended.kind === 'ended') {
        span.set({
          'process.exit.code': ended.exitCode ?? undefined,
          'nova_torch.signal': ended.signal ?? undefined,
        });
      }
      const failure = failureOf(ended, task);
      if (failure !== undefined) span.end(failure);
      return ended;
    });
    const completion = completionOf(end, task);
    if (!needsWorkspace(task.success_criteria)) return completion;
    return new TaskCompletion(completion.result, {
      exitCode: completion.exitCode,
      evidence: await this.#evidence(task.success_criteria, context, `${runId}.check`),
    });
  }

  /** One run of the command, whose own spans belong below the traceparent of the context. */
  async #runOnce(
    task: AssignedTask,
    context: TaskContext,
    runId: string,
    graceMs: number,
  ): Promise<CommandEnd> {
    let pid: number | undefined;
    const end = await runCommand({
      command: this.#command,
      cwd: this.#options.cwd,
      environment: commandEnvironment({
        host: this.#options.environment,
        secrets: this.#secrets,
        task,
        context,
        runId,
      }),
      runId,
      input: `${JSON.stringify(taskDocument(task, context))}\n`,
      graceMs,
      signal: context.signal,
      killSignal: this.#kill.signal,
      onStarted: (started) => {
        pid = started;
        this.#guard.watch(started);
      },
      onProgress: (update) => context.progress(update),
      logger: context.logger,
    });
    if (pid !== undefined) this.#guard.forget(pid);
    return end;
  }

  /** Looked for by the host once nothing of the command is left (C1), so that the command cannot change it any more. */
  #evidence(
    criteria: SuccessCriteria,
    { signal, logger, inSpan }: TaskContext,
    runId: string,
  ): Promise<CriterionEvidence[]> {
    const { cwd, environment } = this.#options;
    const check = () =>
      checkCriteria(criteria, {
        workspace: cwd ?? '.',
        environment: checkEnvironment(environment, this.#secrets, runId),
        runId,
        signal,
        guard: this.#guard,
        logger,
      });
    return inSpan(CHECK_SPAN, check);
  }
}

/** Why a command did not do its task; undefined if it did. */
function failureOf(end: CommandEnd, task: AssignedTask): TaskFailure | undefined {
  try {
    completionOf(end, task);
    return undefined;
  } catch (error) {
    return error instanceof TaskFailure ? error : undefined;
  }
}

/** What an ended command means for its task; throws a TaskFailure if it did not succeed. */
function completionOf(end: CommandEnd, task: AssignedTask): TaskCompletion {
  if (end.kind === 'not_started') {
    throw new TaskFailure('COMMAND_NOT_STARTED', end.message, { retryable: end.retryable });
  }
  const { exitCode, signal, result, lastWords } = end;
  // A task may say that another code than 0 is what it wants.
  if (exitCode !== null && (exitCode === 0 || exitCode === task.success_criteria.exit_code)) {
    return new TaskCompletion(result, { exitCode });
  }
  const how = exitCode === null ? `was killed by ${signal}` : `exited with code ${exitCode}`;
  throw new TaskFailure(
    exitCode === null ? 'COMMAND_KILLED' : 'COMMAND_FAILED',
    lastWords === '' ? `the command ${how}` : `the command ${how}: ${lastEnd(lastWords)}`,
    { retryable: exitCode !== EX_DATAERR, ...(exitCode === null ? {} : { exitCode }) },
  );
}

/** So much of its last words that the report's own bound does not cut off how it ended. */
const lastEnd = (text: string): string => (text.length > 3_800 ? `…${text.slice(-3_800)}` : text);
