// Twenty seconds of chaos, and then every promise is checked on the whole history. `pnpm chaos` is the long form.
import { describe, expect, it } from 'vitest';
import { MIX } from '../load-tests/src/chaos/faults.ts';
import { describeReport } from '../load-tests/src/chaos/print-report.ts';
import { runChaos } from '../load-tests/src/chaos/run-chaos.ts';

/** Its schedule has services, agents, the active router, connections and the broker killed within twenty seconds. */
const SEED = 13;

describe('three replicas of each service and 50 agents under load', () => {
  it('lose, double and confuse nothing while everything fails', { timeout: 240_000 }, async () => {
    const log: string[] = [];
    const report = await runChaos({
      seed: SEED,
      seconds: 20,
      replicas: 3,
      agents: 50,
      agentsPerHost: 10,
      tasksPerSecond: 10,
      mix: MIX,
      faultEveryMs: [500, 2_000],
      settleSeconds: 60,
      log: (line) => void log.push(line),
    });
    const text = [...log, ...describeReport(report)].join('\n');
    const { valid, counts } = report.history;
    expect(valid, text).toBe(true);
    expect(counts, text).toMatchObject({ lost: 0, duplicated: 0, stale: 0 });
    expect(report.faults.length).toBeGreaterThan(8);
    expect(counts.accepted).toBeGreaterThan(100);
    expect(report.completed_share, text).toBeGreaterThan(0.98);
  });
});
