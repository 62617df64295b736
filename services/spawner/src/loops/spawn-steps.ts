// What each step of domain/next-step.ts does. A step that fails throws, and is decided anew from the facts later.
import type { AgentId } from '@nova-torch/protocol';
import { adoptionOf, type MarkedProcess } from '../domain/adoption.ts';
import type { SpawnStep } from '../domain/next-step.ts';
import {
  becomeRunning,
  type ExitFacts,
  failToStart,
  orderStop,
  type StoredSpawn,
  settle,
  withProcess,
} from '../domain/spawn.ts';
import type { SpawnerMetrics } from '../metrics.ts';
import type { AgentLogs } from '../runtime/agent-log.ts';
import { type Runtime, type StartSpec, StillAliveError } from '../runtime/runtime.ts';
import type { SpawnStore } from '../store/spawn-store.ts';
import type { ProcessSight } from './process-sight.ts';

/** What the registry is told and asked. */
export interface RegistryLink {
  /** Whether the registry knows this agent as one that is not gone. Rejects when it does not answer. */
  isRegistered(agentId: AgentId): Promise<boolean>;
  /** Tells it that the agent's process is gone for certain. */
  reportExited(agentId: AgentId, detail: string): Promise<void>;
}

export interface StepTimes {
  /** From the request until the agent has registered, ms. */
  readonly readyMs: number;
  /** Between SIGTERM and SIGKILL of a whole tree, ms. */
  readonly killAfterMs: number;
}

export interface StepLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface StepDeps {
  readonly store: SpawnStore;
  readonly runtime: Runtime;
  readonly logs: AgentLogs;
  readonly registry: RegistryLink;
  readonly times: StepTimes;
  readonly metrics: SpawnerMetrics;
  readonly logger: StepLogger;
  /** The broker's clock, ms. */
  readonly nowMs: () => number;
  /** What to start for a spawn, or why it cannot be started. */
  readonly startSpec: (spawn: StoredSpawn) => StartSpec | { readonly refused: string };
}

const LOG_LINES = 20;

/** Does one step for one spawn. `onExit` is called when its process ends later. */
export async function performStep(
  deps: StepDeps,
  step: SpawnStep,
  spawn: StoredSpawn,
  sight: ProcessSight,
  onExit: () => void,
): Promise<void> {
  const { store, registry, times, nowMs } = deps;
  switch (step.kind) {
    case 'attach':
      return attach(deps, spawn, sight, step.mayStart, onExit);
    case 'record-process':
      if (sight.handle) await store.change(spawn, withProcess(spawn, sight.handle));
      return;
    case 'mark-running':
      return markRunning(deps, spawn);
    case 'ask-registry':
      sight.joined = await registry.isRegistered(spawn.record.agent_id);
      sight.askedRegistry = true;
      return;
    case 'give-up': {
      const reason = `it did not register within ${times.readyMs / 1000} s`;
      const next = orderStop(spawn, { reason, force: true, outcome: 'failed' }, nowMs());
      if (next) await store.change(spawn, next);
      return;
    }
    case 'end-processes':
      await stopTree(deps, { spawnId: spawn.record.spawn_id, ...sight.handle });
      return sight.exitNews();
    case 'settle':
      return end(deps, spawn, sight);
    case 'wait':
    case 'forget':
      return;
  }
}

async function attach(
  deps: StepDeps,
  spawn: StoredSpawn,
  sight: ProcessSight,
  mayStart: boolean,
  onExit: () => void,
): Promise<void> {
  const { store, runtime, logger, metrics, nowMs } = deps;
  const { spawn_id, agent_id } = spawn.record;
  // Asked before every start: one that was started right before its spawner was killed is found by its mark.
  const adoption = adoptionOf(spawn, [
    ...(runtime.look().get(spawn_id) ?? []),
    ...unreadable(runtime, spawn),
  ]);
  switch (adoption.kind) {
    case 'gone':
      return sight.goneBy({ unwatched: true });
    case 'adopt': {
      const { pid, pidStart } = adoption.process;
      sight.attach({ spawnId: spawn_id, pid, pidStart }, runtime, deps.times.killAfterMs, onExit);
      metrics.adopted.inc();
      logger.info({ spawn_id, agent_id, pid }, 'agent adopted');
      return;
    }
    case 'never-started': {
      if (mayStart) return start(deps, spawn, sight, onExit);
      const reason = 'the spawner was interrupted before it started its process, and then it was too late';
      await store.change(spawn, failToStart(spawn, reason, nowMs()));
      return;
    }
  }
}

/** Its recorded process, if it lives but its mark is not ours to read: then pid and start time have to do. */
function unreadable(runtime: Runtime, { record }: StoredSpawn): MarkedProcess[] {
  const { spawn_id, pid, pid_start } = record;
  if (pid === undefined || pid_start === undefined || runtime.environment(pid)) return [];
  const handle = { spawnId: spawn_id, pid, pidStart: pid_start };
  return runtime.isAlive(handle) ? [{ pid, pidStart: pid_start, isHost: true }] : [];
}

async function start(
  deps: StepDeps,
  spawn: StoredSpawn,
  sight: ProcessSight,
  onExit: () => void,
): Promise<void> {
  const { store, runtime, logger, metrics, nowMs } = deps;
  const { spawn_id, agent_id, template } = spawn.record;
  const spec = deps.startSpec(spawn);
  try {
    if ('refused' in spec) throw new Error(spec.refused);
    const handle = await runtime.start(spec);
    sight.attach(handle, runtime, deps.times.killAfterMs, onExit);
    metrics.started.inc({ template: metrics.labelOf(template) });
    logger.info({ spawn_id, agent_id, template, pid: handle.pid }, 'agent started');
  } catch (error) {
    const reason = `its process could not be started: ${error instanceof Error ? error.message : String(error)}`;
    logger.warn({ spawn_id, agent_id, template, reason }, 'agent not started');
    await store.change(spawn, failToStart(spawn, reason, nowMs()));
  }
}

async function markRunning({ store, metrics, logger, nowMs }: StepDeps, spawn: StoredSpawn): Promise<void> {
  const running = becomeRunning(spawn, nowMs());
  if (!(await store.change(spawn, running))) return;
  const { spawn_id, agent_id, requested_at_ms, ready_at_ms = requested_at_ms } = running.record;
  const readyMs = ready_at_ms - requested_at_ms;
  metrics.readySeconds.observe(readyMs / 1000);
  logger.info({ spawn_id, agent_id, ready_ms: readyMs }, 'agent ready');
}

async function stopTree(deps: StepDeps, target: Parameters<Runtime['stop']>[0]): Promise<void> {
  const { killed } = await deps.runtime.stop(target, { graceMs: deps.times.killAfterMs, force: false });
  deps.metrics.killed.inc(killed);
}

/** The report goes first, so that its tasks move at once; the record ends last, with the proof that nothing lives. */
async function end(deps: StepDeps, spawn: StoredSpawn, sight: ProcessSight): Promise<void> {
  const { store, registry, logs, metrics, logger, nowMs } = deps;
  const { spawn_id, agent_id } = spawn.record;
  const exit = { ...sight.exit, left: sight.left };
  if (!sight.reported) {
    await registry.reportExited(agent_id, describe(spawn, exit));
    sight.reported = true;
  }
  const swept = await sight.swept();
  metrics.killed.inc(swept);
  const left = await sweep(deps, spawn_id);
  const ended = settle(spawn, { ...exit, alive: left }, logs.tail(spawn_id, LOG_LINES), nowMs());
  if (!(await store.change(spawn, ended))) return;
  const { state, reason, exit_code } = ended.record;
  metrics.ended.inc({ state });
  logger.info({ spawn_id, agent_id, state, reason, exit_code }, 'agent ended');
}

/**
 * Pids that could not be ended although everything was tried. The record then ends as failed and names them, instead
 * of staying for ever; the sweeper goes on trying.
 */
async function sweep(deps: StepDeps, spawnId: string): Promise<readonly number[]> {
  try {
    await stopTree(deps, { spawnId });
    return [];
  } catch (error) {
    if (error instanceof StillAliveError) return error.pids;
    throw error;
  }
}

function describe({ record }: StoredSpawn, { code, signal }: ExitFacts): string {
  const how = signal ? `ended by ${signal}` : typeof code === 'number' ? `exit code ${code}` : 'gone';
  return `process ${record.pid ?? 'unknown'} on ${record.host}: ${how}`;
}
