import { SPAWNER_METRICS } from '@nova-torch/metrics';
import { SPAWN_STATES, type SpawnRecord } from '@nova-torch/protocol';
import {
  boundNames,
  type MadeMetrics,
  type Metrics,
  type Series,
  startAtZero,
} from '@nova-torch/service-kit';
import { isLive } from './domain/spawn.ts';

/** Every metric of the spawner's own. */
export type SpawnerMetrics = MadeMetrics<typeof SPAWNER_METRICS> & {
  /** What a template is called in a label: those of the file up to a bound, all else is one. */
  readonly labelOf: (template: string) => string;
};

const LIVE_STATES = SPAWN_STATES.filter(isLive);

/** Makes them, once per process. */
export function createSpawnerMetrics(metrics: Metrics, templates: Iterable<string>): SpawnerMetrics {
  const made = metrics.make(SPAWNER_METRICS);
  const names = [...templates];
  const labelOf = boundNames(new Map(names.map((name) => [name, 0])));
  startAtZero(
    made.started,
    names.map((name) => ({ template: labelOf(name) })),
  );
  startAtZero(made.refused, [{ code: 'TEMPLATE_UNKNOWN' }, { code: 'SPAWN_LIMIT' }]);
  startAtZero(made.limitHits, [{ limit: 'template' }, { limit: 'total' }]);
  startAtZero(made.ended, [{ state: 'stopped' }, { state: 'failed' }]);
  return { ...made, labelOf };
}

/** Has the gauges read what runs here: the attached processes, and the spawns by template and state. */
export function registerSpawnerGauges(
  metrics: Metrics,
  { attached, spawns, labelOf }: SpawnerMetrics,
  templates: Iterable<string>,
  running: {
    attached(): readonly unknown[];
    live(): Iterable<Pick<SpawnRecord, 'template' | 'state'>>;
  },
): void {
  const names = [...new Set([...templates].map(labelOf))];
  metrics.measure(attached, () => running.attached().length);
  metrics.measureEach(spawns, () => {
    const counts = new Map<string, Record<string, number>>(names.map((name) => [name, {}]));
    for (const { template, state } of running.live()) {
      const byState = counts.get(labelOf(template)) ?? {};
      counts.set(labelOf(template), byState);
      byState[state] = (byState[state] ?? 0) + 1;
    }
    return [...counts].flatMap(([template, byState]) =>
      LIVE_STATES.map((state): Series<'template' | 'state'> => [{ template, state }, byState[state] ?? 0]),
    );
  });
}
