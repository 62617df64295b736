import type { AgentId } from '@nova-torch/protocol';
import { createTicker, type Service, type TickerOptions } from '@nova-torch/service-kit';
import type { RegistryDeps } from '../consumers/deps.ts';
import type { Agent } from '../domain/agent.ts';
import { areManyClosed, heardUpToMs, judge, type Listening } from '../domain/liveness.ts';
import type { ChangeToWrite } from '../store/change-agents.ts';
import type { HeardAgent } from '../store/hear-agents.ts';
import type { Dues } from '../store/read-agents.ts';

/** Agents judged in one run. */
const JUDGED_MAX = 256;
/** The pause when entries wait to be read: judging goes on when they have been. */
const BEHIND_PAUSE_MS = 20;

/** What one run did, and how long there is nothing more to do. */
export interface ReaperRun {
  readonly suspected: number;
  readonly failed: number;
  /** Not due after all: nobody listened in between, or many sessions closed at once. */
  readonly postponed: number;
  /** Agents there are. */
  readonly agents: number;
  readonly sleepMs: number;
}

/** How often somebody must at least look, so that a break in listening is noticed. */
const attendEveryMs = (heartbeatMs: number): number => Math.max(10, Math.floor(heartbeatMs / 4));

/**
 * Suspects the agents that are silent for too long, then takes them for dead. Asks only for those that are due. Safe
 * on several replicas: a change the other wrote first is not written again.
 */
export async function reapAgents(deps: RegistryDeps, group: string): Promise<ReaperRun> {
  const { store, liveness, metrics } = deps;
  const nowMs = deps.serverNowMs();
  const floorMs = await store.attend(nowMs, liveness.heartbeatMs);
  const upToMs = heardUpToMs(await store.readPosition(group), nowMs);
  metrics.behind.set((nowMs - upToMs) / 1000);
  const dues = await store.readDues(upToMs, JUDGED_MAX);
  const agents = await store.read(dues.ids);
  const manyClosed = areManyClosed(dues.closed, dues.agents, liveness);
  const verdict = judgeAll(dues.ids, agents, { nowMs: upToMs, floorMs, manyClosed }, deps);
  const [written] = await Promise.all([store.change(verdict.changes), store.hear(verdict.later)]);
  const counts = count(deps, verdict, written);
  return { ...counts, agents: dues.agents, sleepMs: sleepMs(deps, dues, upToMs, nowMs) };
}

interface Verdict {
  readonly changes: ChangeToWrite[];
  readonly later: HeardAgent[];
}

function judgeAll(
  ids: readonly AgentId[],
  agents: readonly (Agent | undefined)[],
  listening: Listening,
  { liveness }: RegistryDeps,
): Verdict {
  const verdict: Verdict = { changes: [], later: [] };
  for (const [index, agentId] of ids.entries()) {
    const agent = agents[index];
    if (agent === undefined) {
      verdict.later.push({ agentId, agent, heardMs: 0, dueMs: 0 });
      continue;
    }
    const judgement = judge(agent, listening, liveness);
    if (judgement.kind === 'declare') verdict.changes.push({ change: judgement.change });
    if (judgement.kind !== 'wait') continue;
    const { change, dueMs } = judgement;
    if (change === undefined) verdict.later.push({ agentId, agent, heardMs: agent.heardMs, dueMs });
    else verdict.changes.push({ change, dueMs });
  }
  return verdict;
}

function count(
  { metrics }: RegistryDeps,
  { changes, later }: Verdict,
  written: readonly boolean[],
): { suspected: number; failed: number; postponed: number } {
  const done = changes.filter((_, index) => written[index]).map(({ change }) => change.event?.type);
  const suspected = done.filter((type) => type === 'agent.suspect.v1').length;
  const failed = done.filter((type) => type === 'agent.failed.v1').length;
  metrics.changes.inc({ event: 'agent.suspect.v1' }, suspected);
  metrics.changes.inc({ event: 'agent.failed.v1' }, failed);
  return { suspected, failed, postponed: later.length + done.length - suspected - failed };
}

function sleepMs({ liveness }: RegistryDeps, dues: Dues, upToMs: number, nowMs: number): number {
  if (dues.ids.length === JUDGED_MAX) return 0;
  const attendMs = attendEveryMs(liveness.heartbeatMs);
  if (upToMs < nowMs) return Math.min(BEHIND_PAUSE_MS, attendMs);
  const untilNextMs = dues.nextMs === undefined ? attendMs : dues.nextMs - nowMs;
  return Math.max(1, Math.min(attendMs, untilNextMs));
}

/** The reaper at work: it sleeps until the next agent falls due, or until it must show that it listens. */
export interface ReaperLoop extends Service {
  /** Agents there were at the last run. */
  readonly agents: number;
  /** Whether it ran lately. */
  isWatching(): boolean;
  wake(): void;
}

/** Makes the loop around `reapAgents` for the replicas of `group`. */
export function createReaperLoop(
  deps: RegistryDeps,
  {
    group,
    clock,
    ...ticking
  }: Pick<TickerOptions, 'logger' | 'metrics'> & {
    readonly group: string;
    readonly clock: NonNullable<TickerOptions['clock']>;
  },
): ReaperLoop {
  const { heartbeatMs } = deps.liveness;
  let agents = 0;
  let ranAtMs = 0;
  let cancelWake: () => void = () => undefined;
  const ticker = createTicker({
    ...{ ...ticking, clock, name: 'agent-reaper', everyMs: attendEveryMs(heartbeatMs) },
    async run() {
      const { sleepMs, agents: known, ...counts } = await reapAgents(deps, group);
      agents = known;
      ranAtMs = clock.nowMs();
      cancelWake();
      cancelWake = clock.after(sleepMs, () => ticker.wake());
      return counts;
    },
  });
  return {
    start: () => ticker.start(),
    async stop() {
      await ticker.stop();
      cancelWake();
    },
    wake: () => ticker.wake(),
    isWatching: () => clock.nowMs() - ranAtMs < 2 * heartbeatMs,
    get agents() {
      return agents;
    },
  };
}
