import type { PlatformHealth } from '@nova-torch/client';
import { expect, test } from 'vitest';
import { autonomyLine } from '../src/commands/autonomy-line.ts';

type Instance = PlatformHealth['instances'][number];
type Figures = NonNullable<Instance['autonomy']>;

const instance = (autonomy?: Figures): Instance => ({
  ...{ service: 'task-router', instance: 'task-router-1', ready: true, missing: [], load: {} },
  ...{ started_at_ms: 0, seen_at_ms: 0 },
  ...(autonomy && { autonomy }),
});
const figures: Figures = {
  ...{ window_s: 3_600, ended: 1_000, ended_alone: 987, completed: 950 },
  ...{ agent_hours: 23, adaptations: 3, adapt_p50_s: 2.1 },
};

test('the figures of the last hour in a line', () => {
  expect(autonomyLine([instance(), instance(figures)])).toBe(
    'Last 60 min: ended without a person 98.7 % · 41 tasks per agent and hour · adapts in 2.1 s (p50)',
  );
});

test('routers that took turns are summed up, and one hand in many tasks is not rounded away', () => {
  const rest = {
    ...figures,
    window_s: 60,
    ended: 9_000,
    ended_alone: 9_012,
    adaptations: 1,
    adapt_p50_s: 60,
  };
  expect(autonomyLine([instance(rest), instance(figures)])).toMatch(/99\.9 %.* adapts in 2\.1 s/);
});

test('what nobody saw is not said', () => {
  const nothing = { window_s: 5, ended: 0, ended_alone: 0, completed: 0, agent_hours: 0, adaptations: 0 };
  expect(autonomyLine([instance()])).toBeUndefined();
  expect(autonomyLine([instance(nothing)])).toBe('Last 1 min: no task ended');
});
