import { newAgentId, newTaskId } from '@nova-torch/protocol';
import { expect, test } from 'vitest';
import { ADMIN, agentPrincipal, whyForbidden } from './principal.ts';
import { madeAtMs, mayBeOnItsWay } from './task-age.ts';

const one = newAgentId(0, 1);
const two = newAgentId(0, 1);

test('the admin may everything, an agent what is its own', () => {
  const agent = agentPrincipal(one);
  for (const access of ['public', 'any', 'own-agent', 'admin'] as const) {
    expect(whyForbidden(ADMIN, access, undefined)).toBeUndefined();
  }
  expect(whyForbidden(agent, 'public', undefined)).toBeUndefined();
  expect(whyForbidden(agent, 'any', two)).toBeUndefined();
  expect(whyForbidden(agent, 'own-agent', one)).toBeUndefined();
  expect(whyForbidden(agent, 'own-agent', two)).toContain(one);
  expect(whyForbidden(agent, 'own-agent', undefined)).toBeDefined();
  expect(whyForbidden(agent, 'admin', one)).toContain('admin key');
});

test('an id tells its age', () => {
  const id = newTaskId(3, 1_763_683_200_123);
  expect(madeAtMs(id)).toBe(1_763_683_200_123);
  expect(mayBeOnItsWay(id, 1_763_683_200_123 + 29_999)).toBe(true);
  expect(mayBeOnItsWay(id, 1_763_683_200_123 + 30_000)).toBe(false);
  expect(mayBeOnItsWay(id, 1_763_683_200_123 - 60_000)).toBe(false);
});
