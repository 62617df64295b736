// Kinds of tasks: what is demanded and of which type. All tasks of a kind differ only in the work there is, in who
// submitted them and how urgent they are.
import { PRIORITIES, type Priority, TaskSpec } from '@nova-torch/protocol';
import { classOf, type Demand, demandOf } from '@nova-torch/task-router';
import type { Draw } from './draws.ts';
import { type Member, ROLES, SKILLS_PER_ROLE, skillName, TASK_TYPES } from './fleet.ts';

export interface Kind {
  readonly role: string;
  readonly demand: Demand;
  readonly className: string;
  /** Kinds of one class share it. */
  readonly classNumber: number;
  readonly specs: Readonly<Record<Priority, TaskSpec>>;
  /** Numbers of the agents that can do it, in order. */
  readonly able: readonly number[];
  /** By number of the agent, 0 for those that are not able: what its attempts take, as a multiple of the work. */
  readonly slowness: Float64Array;
  /** By number of the agent: how often its attempts fail, 0 to 1. */
  readonly failing: Float64Array;
  /** By number of the agent: mean level of the skills that are demanded; 1 where none are. */
  readonly level: Float64Array;
  /** Of all tasks. */
  share: number;
}

/** How the tasks of a role are divided among demands of no skill, one and two. */
const SHARES = [0.2, 0.55, 0.25];
const ABLE_MIN = 2;

/** What may be demanded of a role: nothing more, each skill, and some pairs of them. */
function* skillSets(role: string): Generator<string[]> {
  yield [];
  for (let at = 0; at < SKILLS_PER_ROLE; at += 1) yield [skillName(role, at)];
  for (let at = 0; at < SKILLS_PER_ROLE; at += 1) {
    yield [skillName(role, at), skillName(role, (at + 1) % SKILLS_PER_ROLE)];
  }
}

/** The kinds that at least two agents can do that are not broken, each of two types. Their shares add up to 1. */
export function buildKinds(fleet: readonly Member[], draw: Draw): Kind[] {
  const kinds: Kind[] = [];
  let classNumber = 0;
  for (const role of ROLES) {
    const ofRole: { kind: Kind; weight: number }[] = [];
    const slots = slotsOf(working(fleet).filter(({ record }) => record.role === role));
    for (const skills of skillSets(role)) {
      const able = ableOf(fleet, role, skills);
      const first = Math.floor(draw() * TASK_TYPES.length);
      if (working(able).length < ABLE_MIN) continue;
      for (const type of [first, (first + 1 + Math.floor(draw() * 5)) % TASK_TYPES.length]) {
        const kind = buildKind({ role, skills, type, able, fleet, classNumber });
        // Rarer skills are asked for less, so that no class is more than its agents can do.
        const weight = (SHARES[skills.length] ?? 0) * slotsOf(working(able)) * (0.5 + draw());
        ofRole.push({ kind, weight: skills.length === 0 ? weight / 5 : weight });
      }
      classNumber += 1;
    }
    const sum = ofRole.reduce((total, { weight }) => total + weight, 0);
    for (const { kind, weight } of ofRole) kinds.push(Object.assign(kind, { share: (slots * weight) / sum }));
  }
  const total = kinds.reduce((sum, { share }) => sum + share, 0);
  for (const kind of kinds) kind.share /= total;
  return kinds;
}

export const working = (members: readonly Member[]): Member[] => members.filter(({ broken }) => !broken);

export const slotsOf = (members: readonly Member[]): number =>
  members.reduce((sum, { record }) => sum + record.capacity, 0);

const ableOf = (fleet: readonly Member[], role: string, skills: readonly string[]): Member[] =>
  fleet.filter(
    ({ record }) =>
      record.role === role && skills.every((skill) => record.skills.some(({ name }) => name === skill)),
  );

interface KindToBuild {
  readonly role: string;
  readonly skills: readonly string[];
  readonly type: number;
  readonly able: readonly Member[];
  readonly fleet: readonly Member[];
  readonly classNumber: number;
}

function buildKind({ role, skills, type, able, fleet, classNumber }: KindToBuild): Kind {
  const [slowness, failing, level] = [0, 1, 2].map(() => new Float64Array(fleet.length)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (const member of able) {
    const mean = meanLevel(member, skills);
    level[member.number] = mean;
    // Whoever knows it well is up to twice as fast, and fails a third as often, as whoever hardly does.
    slowness[member.number] = (member.slowness[type] ?? 1) * (1.3 - 0.6 * mean);
    failing[member.number] = member.broken ? 1 : member.failing * (1.4 - 0.8 * mean);
  }
  const spec = {
    title: 'simulated',
    task_type: TASK_TYPES[type] ?? 'task',
    role,
    required_skills: [...skills],
  };
  const specs = Object.fromEntries(
    PRIORITIES.map((priority) => [priority, TaskSpec.parse({ ...spec, priority })]),
  ) as Record<Priority, TaskSpec>;
  const demand = demandOf(specs.normal);
  const numbers = able.map(({ number }) => number);
  return {
    ...{ role, demand, className: classOf(demand), classNumber, specs, able: numbers },
    ...{ slowness, failing, level, share: 0 },
  };
}

function meanLevel({ record }: Member, skills: readonly string[]): number {
  if (skills.length === 0) return 1;
  const levels = record.skills.filter(({ name }) => skills.includes(name)).map(({ level }) => level);
  return levels.reduce((sum, level) => sum + level, 0) / skills.length;
}
