import type { Priority, ServiceStatusV1 } from '@nova-torch/protocol';
import type { Metrics } from '../metrics.ts';

/** `open`: nothing is let through; `half-open`: one is, to find out. */
export type BreakerState = 'closed' | 'half-open' | 'open';

/** Something bounded: how much of it is used, and how often more was refused. */
export interface LimitUse {
  readonly used: number;
  readonly max: number;
  readonly refused?: number;
}

/** What holds the flow of one process back, as its metrics and its status show it. */
export type FlowReport = Omit<NonNullable<ServiceStatusV1['payload']['flow']>, 'connections'>;

/** Where breakers, limits and shedding are made known. Names are unique; a second one takes the place of the first. */
export interface FlowBoard {
  breaker(name: string, state: () => BreakerState): void;
  limit(name: string, use: () => LimitUse): void;
  /** The priorities refused now. */
  shedding(priorities: () => readonly Priority[]): void;
  report(): FlowReport;
}

const STATE_VALUES: Record<BreakerState, number> = { closed: 0, 'half-open': 1, open: 2 };

/** An empty board, with a gauge for each kind of what it is told. Once per process. */
export function createFlowBoard(metrics: Metrics): FlowBoard {
  const breakers = new Map<string, () => BreakerState>();
  const limits = new Map<string, () => LimitUse>();
  let shed: () => readonly Priority[] = () => [];
  metrics.gauge({
    name: 'breaker_state',
    help: 'Circuit breakers by what they protect: 0 closed, 1 half-open, 2 open.',
    labelNames: ['breaker'],
    collect() {
      for (const [breaker, state] of breakers) this.set({ breaker }, STATE_VALUES[state()]);
    },
  });
  const gauge = (name: string, help: string, pick: (use: LimitUse) => number): void => {
    metrics.gauge({
      name,
      help,
      labelNames: ['limit'],
      collect() {
        for (const [limit, use] of limits) this.set({ limit }, pick(use()));
      },
    });
  };
  gauge('limit_used', 'What is used of something bounded, by limit.', ({ used }) => used);
  gauge('limit_max', 'The bound, by limit.', ({ max }) => max);
  return {
    breaker: (name, state) => void breakers.set(name, state),
    limit: (name, use) => void limits.set(name, use),
    shedding(priorities) {
      shed = priorities;
    },
    report: () => ({
      breakers: Object.fromEntries([...breakers].map(([name, state]) => [name, state()])),
      limits: [...limits].map(([name, use]) => ({ name, ...use() })),
      shedding: [...shed()],
    }),
  };
}
