import { editDistance } from '@nova-torch/service-kit';
import type { AgentIndex } from '../domain/agent-index.ts';

const SUGGESTIONS_MAX = 3;
/** Names compared for one suggestion. */
const NAMES_MAX = 5_000;
/** One slip for so many letters, and one in any case. */
const LETTERS_PER_SLIP = 4;

/** Those of the known names that `name` may be a misspelling of; the likeliest first. */
export function namesLike(name: string, known: ReadonlySet<string>): string[] {
  const slipsMax = Math.max(1, Math.floor(name.length / LETTERS_PER_SLIP));
  const like: { other: string; slips: number }[] = [];
  for (const other of known) {
    if (Math.abs(other.length - name.length) > slipsMax) continue;
    const slips = editDistance(name, other);
    if (slips <= slipsMax) like.push({ other, slips });
  }
  like.sort((a, b) => a.slips - b.slips || (a.other < b.other ? -1 : 1));
  return like.slice(0, SUGGESTIONS_MAX).map(({ other }) => other);
}

/** Names of skills: those given, and those that agents have. */
export function skillNames(given: Iterable<string>, agents: AgentIndex): Set<string> {
  const names = new Set(given);
  for (const { skills } of agents.agents()) {
    if (names.size >= NAMES_MAX) break;
    for (const name of skills.keys()) names.add(name);
  }
  return names;
}

/** Names of roles: those given, and those that agents have. */
export function roleNames(given: Iterable<string>, agents: AgentIndex): Set<string> {
  const names = new Set(given);
  for (const { record } of agents.agents()) {
    if (names.size >= NAMES_MAX) break;
    names.add(record.role);
  }
  return names;
}
