import type { MatchedWord } from '@nova-torch/protocol';

const WORDS_SHOWN = 4;
const PLACES = { title: 'title', description: 'description', task_type: 'task type' } as const;

/** Words with the place they stand at, for a reason: `"tests" in the title, "QA" in the description`. */
export function quoted(matched: readonly MatchedWord[]): string {
  const shown = matched.slice(0, WORDS_SHOWN).map(({ word, where }) => `"${word}" in the ${PLACES[where]}`);
  const rest = matched.length - shown.length;
  return rest === 0 ? shown.join(', ') : `${shown.join(', ')} and ${rest} more`;
}
