import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TaskExplanation } from '@nova-torch/protocol';
import { expect, test } from 'vitest';
import { explanationLines } from '../src/commands/explanation.ts';

const fixture = join(import.meta.dirname, '../../protocol/fixtures/v1/task-explained.v1.json');
const explanation = TaskExplanation.parse(JSON.parse(readFileSync(fixture, 'utf8')).payload.explanation);

test('an explanation tells what the text asks for, who got the best agent, and what it is kept apart from', () => {
  const text = explanationLines(explanation).join('\n');
  expect(text).toContain('Its text asks for the role developer, go: preferred, not required.');
  const [batch] = explanation.decisions.map((decision) => decision.batch);
  expect(text).toContain(
    `its best-scored agent ${batch?.best_agent_id} went to ${batch?.given_to}: no other agent could take that one`,
  );
  expect(text).toContain('every candidate had a task it should be kept apart from');
  expect(text).toContain('1 with a task it is kept apart from');
});
