import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { SERVICE_METRICS, TASK_METRICS } from '@nova-torch/metrics';
import { describe, expect, it, test } from 'vitest';
import { DASHBOARDS } from '../src/generated-files.ts';
import { queries, share } from '../src/queries.ts';
import { substitute } from '../src/substitute.ts';
import { findingOf } from '../src/verify/findings.ts';
import { queriesOf } from '../src/verify/panel-queries.ts';

describe.each(DASHBOARDS)('$title', (dashboard) => {
  const panels = (dashboard.panels ?? []).filter((panel): panel is Panel => panel.type !== 'row');

  it('says of each panel what it means and in which unit', () => {
    for (const { title, description, fieldConfig } of panels) {
      expect(description, title).toMatch(/\.$/);
      expect(fieldConfig?.defaults.unit, title).toBeTruthy();
    }
  });

  it('has panels of different names, in lines no wider than the grid', () => {
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
    for (const { title, gridPos } of panels) {
      expect((gridPos?.x ?? 0) + (gridPos?.w ?? 0), title).toBeLessThanOrEqual(24);
    }
  });

  it('asks with no variable it does not have', () => {
    const found = queriesOf(dashboard, '1m');
    expect(found.length).toBeGreaterThanOrEqual(panels.length);
    expect(found.filter(({ expression }) => expression.includes('$'))).toEqual([]);
  });
});

describe('queries', () => {
  const { rate, mean, shareOver, happening } = queries('5m', { instance: { pattern: '$instance' } });

  it('put the condition of the dashboard on every series', () => {
    expect(rate(TASK_METRICS.ends, { by: ['end'], where: { hand: 'none' } })).toBe(
      'sum by (end) (rate(nova_torch_tasks_ended_total{instance=~"$instance",hand="none"}[5m]))',
    );
    expect(mean(TASK_METRICS.startDelay)).toBe(
      'sum(rate(nova_torch_task_start_delay_seconds_sum{instance=~"$instance"}[5m])) / ' +
        'sum(rate(nova_torch_task_start_delay_seconds_count{instance=~"$instance"}[5m]))',
    );
  });

  it('do not compile with a label or a type the metric does not have', () => {
    // @ts-expect-error: ends are not counted by role
    rate(TASK_METRICS.ends, { by: ['role'] });
    // @ts-expect-error: nor can they be chosen by it
    rate(TASK_METRICS.ends, { where: { role: 'qa' } });
    // @ts-expect-error: a gauge has no rate
    rate(TASK_METRICS.open);
  });

  it('take a share over the bound of a bucket only', () => {
    expect(shareOver(0.1, TASK_METRICS.waitDuration)).toContain('le="0.1"');
    expect(() => shareOver(0.2, TASK_METRICS.waitDuration)).toThrow(RangeError);
    expect(share('a', 'b')).toBe('(a or 0 * b) / (b > 0) or 0 * b');
  });

  it('name what happens, or say that nothing does', () => {
    expect(happening(rate(SERVICE_METRICS.loopRuns, { by: ['loop'] }), 'loop')).toMatch(
      / > 0 or on \(\) label_replace\(0 \* max\(nova_torch_service_info\{.*\}\), "loop", "none", "", ""\)$/,
    );
  });
});

test('a variable nobody knows is an error', () => {
  expect(substitute('x{instance=~"$instance"}[$__rate_interval]', '4s')).toBe('x{instance=~".*"}[4s]');
  expect(() => substitute('x{pool="$pool"}', '4s')).toThrow('$pool');
});

test('a finding counts series that had a number, and those that only say none', () => {
  const at = (value: string): [number, string] => [1, value];
  expect(
    findingOf([
      { metric: { end: 'failed' }, values: [at('0.5'), at('NaN')] },
      { metric: { end: 'none' }, values: [at('0')] },
      { metric: { end: 'expired' }, values: [at('NaN')] },
    ]),
  ).toEqual({ series: 2, none: 1, most: 0.5 });
  expect(findingOf([])).toEqual({ series: 0, none: 0, most: undefined });
});
