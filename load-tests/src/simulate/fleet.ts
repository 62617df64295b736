// The agents of a simulated world: what everybody knows of them, and what shows only in what they do.
import { type AgentId, AgentRecord } from '@nova-torch/protocol';
import { type Draw, exponential, normal, weighted } from './draws.ts';
import { NATURE } from './scenarios.ts';

export const ROLES = ['developer', 'qa', 'devops', 'pm'] as const;
export const ROLE_SHARES = [0.5, 0.2, 0.2, 0.1];
export const SKILLS_PER_ROLE = 5;
export const TASK_TYPES = ['feature', 'bugfix', 'review', 'test', 'deploy', 'docs'] as const;

export const skillName = (role: string, at: number): string => `${role}-skill-${at + 1}`;

export interface Member {
  readonly number: number;
  readonly id: AgentId;
  /** As it registers: a newcomer. */
  readonly record: AgentRecord;
  /** Hidden: how long it takes, by type of task; 1 is usual, less is faster. */
  readonly slowness: readonly number[];
  /** Hidden: how often an attempt of it fails at a middling level, 0 to 1. */
  readonly failing: number;
  /** Hidden: all its attempts fail at once. */
  readonly broken: boolean;
}

/** An agent leaves or comes back. It loses what it had. */
export interface Coming {
  readonly atMs: number;
  readonly agent: number;
  readonly there: boolean;
}

const hex = (number: number): string => number.toString(16).padStart(32, '0');

export function buildFleet(count: number, brokenShare: number, draw: Draw): Member[] {
  const fleet = Array.from({ length: count }, (_, number) => buildMember(number, count, draw));
  if (brokenShare === 0) return fleet;
  return fleet.map((member) => ({ ...member, broken: draw() < brokenShare }));
}

function buildMember(number: number, count: number, draw: Draw): Member {
  // Roles in fixed shares, so that a small team has each.
  const role = ROLES[weighted(() => (number + 0.5) / count, ROLE_SHARES)] ?? ROLES[0];
  const skills = Array.from({ length: SKILLS_PER_ROLE }, (_, at) => at)
    .map((at) => ({ at, place: draw() }))
    .sort((a, b) => a.place - b.place)
    .slice(0, 2 + Math.floor(draw() * 3))
    .map(({ at }) => ({ name: skillName(role, at), level: Math.round((0.3 + 0.7 * draw()) * 100) / 100 }));
  const usual = Math.exp(NATURE.slowness.agent * normal(draw));
  const slowness = TASK_TYPES.map(() => usual * Math.exp(NATURE.slowness.type * normal(draw)));
  // Most fail rarely, a few often: 8 % in the mean, 2 % at the median.
  const failing = 0.02 + 0.38 * draw() ** 5;
  const record = AgentRecord.parse({
    agent_id: `agent-0-${hex(number)}`,
    role,
    skills,
    status: 'idle',
    capacity: 1 + Math.floor(draw() * NATURE.capacityMax),
    last_heartbeat: 0,
    current_tasks: [],
    host: 'simulated',
    transport: 'streams',
    pool: 'default',
    labels: {},
    performance: { tasks_completed: 0, success_rate: 1, avg_completion_time: 0 },
    registered_at: 0,
    version: 1,
  });
  return { number, id: record.agent_id, record, slowness, failing, broken: false };
}

/** Who leaves and comes back when, in order of time. Nobody stays away: each absence that begins before `untilMs` ends. */
export function drawComings(fleet: readonly Member[], untilMs: number, draw: Draw): Coming[] {
  const { share, thereS, awayS } = NATURE.comings;
  const comings: Coming[] = [];
  for (const { number } of fleet) {
    if (draw() >= share) continue;
    for (let atMs = 0; ; ) {
      atMs += Math.ceil(1_000 * exponential(draw, thereS));
      if (atMs >= untilMs) break;
      comings.push({ atMs, agent: number, there: false });
      atMs += Math.ceil(1_000 * exponential(draw, awayS));
      comings.push({ atMs, agent: number, there: true });
    }
  }
  return comings.sort((a, b) => a.atMs - b.atMs || a.agent - b.agent);
}
