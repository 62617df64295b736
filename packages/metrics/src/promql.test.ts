import { describe, expect, it } from 'vitest';
import { BROKER_METRICS, STREAM_DEPTH_METRICS, STREAM_METRICS, TASK_METRICS } from './index.ts';
import * as q from './promql.ts';

describe('PromQL from the tables', () => {
  it('selects by text, exclusion and pattern', () => {
    const where = { stream: 'a "b"', outcome: { not: 'ack' }, service: { pattern: 'registry|gateway' } };
    expect(q.series(STREAM_METRICS.messages, where).promql).toBe(
      'nova_torch_stream_messages_total{stream="a \\"b\\"",outcome!="ack",service=~"registry|gateway"}',
    );
    expect(q.series(BROKER_METRICS.connected).promql).toBe('nova_torch_broker_connected');
  });

  it('aggregates by labels the metric has, and by no others', () => {
    const waiting = q.max(q.series(STREAM_DEPTH_METRICS.lag), ['stream', 'group']);
    expect(q.atLeast(waiting, 5).promql).toBe('max by (stream, group) (nova_torch_stream_lag_entries) >= 5');
    // @ts-expect-error: the metric has no such label
    q.sum(q.series(STREAM_DEPTH_METRICS.lag), ['role']);
    // @ts-expect-error: nor has it after the aggregation
    q.sum(waiting, ['service']);
    // @ts-expect-error: only counters have a rate
    q.rate(STREAM_DEPTH_METRICS.lag, '5m');
  });

  it('reads histograms by their buckets', () => {
    expect(q.quantile(0.99, TASK_METRICS.waitDuration, '5m', { by: ['priority'] }).promql).toBe(
      'histogram_quantile(0.99, sum by (le, priority) (rate(nova_torch_task_wait_duration_seconds_bucket[5m])))',
    );
    expect(q.observationsUpTo(0.1, TASK_METRICS.waitDuration, '5m', { priority: 'high' }).promql).toBe(
      'rate(nova_torch_task_wait_duration_seconds_bucket{priority="high",le="0.1"}[5m])',
    );
    expect(() => q.observationsUpTo(0.2, TASK_METRICS.waitDuration, '5m')).toThrow(RangeError);
  });

  it('puts into parentheses what binds less tightly', () => {
    const waiting = q.sum(q.series(TASK_METRICS.held));
    const either = q.or(q.above(waiting, 1), q.below(waiting, 0));
    expect(q.and(either, q.equal(q.divide(waiting, q.above(waiting, 0)), 1)).promql).toBe(
      '(sum(nova_torch_tasks_held) > 1 or sum(nova_torch_tasks_held) < 0) and ' +
        'sum(nova_torch_tasks_held) / (sum(nova_torch_tasks_held) > 0) == 1',
    );
  });

  it('keeps sums together when they are divided', () => {
    const [a, b] = [
      q.sum(q.rate(TASK_METRICS.reports, '5m')),
      q.sum(q.rate(TASK_METRICS.rejectedReports, '5m')),
    ];
    expect(q.divide(b, q.plus(a, b)).promql).toBe(
      'sum(rate(nova_torch_task_reports_rejected_total[5m])) / ' +
        '(sum(rate(nova_torch_task_reports_total[5m])) + sum(rate(nova_torch_task_reports_rejected_total[5m])))',
    );
  });
});
