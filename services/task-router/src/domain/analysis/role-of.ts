import type { TaskAnalysis } from '@nova-torch/protocol';
import type { Finding, Findings } from './find-in-text.ts';
import { quoted } from './quoted.ts';
import type { Taxonomy } from './taxonomy.ts';

type FoundRole = NonNullable<TaskAnalysis['role']>;

/** What a word of a role counts in the title or task type, and in the description; a skill counts 1. */
const NAMED_ABOVE = 3;
const NAMED_BELOW = 1;

/** The roles something points to, with how much does; in the order of the taxonomy. */
export function rolesOf(
  findings: Findings,
  { roles }: Taxonomy,
): { readonly role: FoundRole; readonly points: number }[] {
  const named = new Map(findings.role.map((finding) => [finding.name, finding]));
  const skillNames = new Set(findings.skill.map(({ name }) => name));
  const found: { role: FoundRole; points: number }[] = [];
  for (const [name, { skills }] of roles) {
    const matched = [...(named.get(name)?.matched ?? [])];
    const typical = skills.filter((skill) => skillNames.has(skill));
    if (matched.length === 0 && typical.length === 0) continue;
    const reasons = [
      ...(matched.length === 0 ? [] : [quoted(matched)]),
      ...(typical.length === 0
        ? []
        : [`${typical.join(', ')} ${typical.length === 1 ? 'is' : 'are'} typical of it`]),
    ];
    found.push({
      role: { name, matched, skills: typical, reason: reasons.join('; ') },
      points: pointsOf(matched, typical),
    });
  }
  return found;
}

const pointsOf = (matched: Finding['matched'], typical: readonly string[]): number =>
  matched.reduce(
    (sum, { where }) => sum + (where === 'description' ? NAMED_BELOW : NAMED_ABOVE),
    typical.length,
  );

/** The role with the most points; none when two have as many. */
export function roleOf(findings: Findings, taxonomy: Taxonomy): FoundRole | undefined {
  const [first, second] = rolesOf(findings, taxonomy).sort((a, b) => b.points - a.points);
  return first !== undefined && first.points > (second?.points ?? 0) ? first.role : undefined;
}
