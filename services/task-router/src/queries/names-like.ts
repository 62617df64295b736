import { editDistance } from '@nova-torch/service-kit';
import type { AgentIndex } from '../domain/agent-index.ts';

const SUGGESTIONS_MAX = 3;
/** Names compared for one suggestion. */
const NAMES_MAX = 5_000;
/** One slip for so many letters, and one in any case. */
const LETTERS_PER_SLIP = 4;

/** The names of skills, of the taxonomy or of agents, that `skill` may be a misspelling of; the likeliest first. */
export function namesLike(skill: string, taxonomyNames: Iterable<string>, agents: AgentIndex): string[] {
  const slipsMax = Math.max(1, Math.floor(skill.length / LETTERS_PER_SLIP));
  const like: { name: string; slips: number }[] = [];
  for (const name of namesOf(taxonomyNames, agents)) {
    if (Math.abs(name.length - skill.length) > slipsMax) continue;
    const slips = editDistance(skill, name);
    if (slips <= slipsMax) like.push({ name, slips });
  }
  like.sort((a, b) => a.slips - b.slips || (a.name < b.name ? -1 : 1));
  return like.slice(0, SUGGESTIONS_MAX).map(({ name }) => name);
}

function namesOf(taxonomyNames: Iterable<string>, agents: AgentIndex): Set<string> {
  const names = new Set(taxonomyNames);
  for (const { skills } of agents.agents()) {
    if (names.size >= NAMES_MAX) break;
    for (const name of skills.keys()) names.add(name);
  }
  return names;
}
