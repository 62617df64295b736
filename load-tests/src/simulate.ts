// pnpm simulate: how good the decisions of the router are, beside simpler ones and a bound. In simulated time, without a
// broker: the same decisions the services make, in worlds that follow from a seed.
import { mkdirSync, writeFileSync } from 'node:fs';
import { scriptOptions } from '@nova-torch/testing';
import { loadNow, print, RESULTS, writeReport } from './report.ts';
import { chartOf } from './simulate/chart.ts';
import { type Comparison, compare } from './simulate/compare.ts';
import { scenariosFor } from './simulate/options.ts';
import { NATURE } from './simulate/scenarios.ts';
import { STRATEGIES } from './simulate/strategies/all.ts';
import { tableOf } from './simulate/table.ts';

const { values } = scriptOptions({
  name: 'pnpm simulate',
  about: 'How good the decisions of the router are, beside simpler ones and a bound, in simulated time.',
  options: {
    scenario: { about: 'scenarios by name, comma-separated; default all' },
    agents: { about: 'agents; default those of the scenario' },
    tasks: { about: 'tasks; default those of the scenario' },
    load: { about: 'share of the time the agents are busy; default that of the scenario' },
    seed: { about: 'the first seed', default: '1' },
    seeds: { about: 'how many seeds from the first on' },
    only: { about: 'strategies by name, comma-separated; default all' },
    out: { about: 'where the results go', default: RESULTS },
  },
});

const { scenarios, strategies, seed } = scenariosFor(values, STRATEGIES);
const loadBefore = loadNow();
const comparisons: Comparison[] = [];
for (const scenario of scenarios) {
  const comparison = compare(scenario, strategies, seed, (strategy, one, tookS) => {
    if (tookS >= 5)
      print(
        `${scenario.name}, seed ${one}, ${strategy}: simulated in ${tookS.toFixed(0)} s of processor time`,
      );
  });
  comparisons.push(comparison);
  print(`\n${tableOf(comparison)}`);
}
mkdirSync(values.out, { recursive: true });
const load = { before: loadBefore, after: loadNow() };
const file = writeReport('simulation', undefined, values.out, { load, nature: NATURE, comparisons });
const chart = file.replace(/json$/, 'svg');
writeFileSync(chart, chartOf(comparisons));
print(`\nraw: ${file}\nchart: ${chart}`);
