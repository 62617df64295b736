// pnpm bench:journal: what `durability: journal` costs, what it saves when the broker is killed without persistence, and how
// long a backlog takes to be back.
import type { Durability } from '@nova-torch/protocol';
import { scriptOptions } from '@nova-torch/testing';
import { clientOf, measureBacklog, measureLoss, startIntake } from './journal/backlog.ts';
import { measureRates, type RateFinding } from './journal/rates.ts';
import { askBrokerFacts, loadNow, print, RESULTS, writeReport } from './report.ts';

const { values } = scriptOptions({
  name: 'pnpm bench:journal',
  about:
    'What durability: journal costs, what it saves when the broker is killed, and how long a backlog takes to be back.',
  options: {
    seconds: { about: 'how long each rate goes on', default: 5 },
    rounds: { about: 'rounds', default: 3 },
    rate: { about: 'tasks a second', default: 200 },
    tasks: { about: 'tasks of the backlog', default: 100_000 },
    losses: { about: 'tasks when the broker is killed', default: 2_000 },
    only: { about: 'what to measure, comma-separated', default: 'rates,losses,backlog' },
    out: { about: 'where the results go', default: RESULTS },
  },
});
const chosen = values.only.split(',');
const { seconds, rate } = values;

/** Alternating, so that what else the machine does meets both alike. */
async function compareRates(): Promise<RateFinding[]> {
  const platform = await startIntake();
  const findings: RateFinding[] = [];
  try {
    const client = clientOf(platform);
    // Warm-up, not counted.
    await measureRates(client, 'journal', { seconds: 1, rate, round: 0 });
    for (let round = 1; round <= values.rounds; round += 1) {
      const order: Durability[] = round % 2 === 0 ? ['memory', 'journal'] : ['journal', 'memory'];
      for (const durability of order) {
        const finding = await measureRates(client, durability, { seconds, rate, round });
        findings.push(finding);
        const { per_second, batch_per_second, p50, p99, max } = finding;
        print(
          `| ${durability} | ${per_second} | ${batch_per_second} | ${[p50, p99, max].map((ms) => ms.toFixed(2)).join(' | ')} | ${loadNow()} |`,
        );
      }
    }
    return findings;
  } finally {
    await platform.stop();
  }
}

const probe = await startIntake();
const facts = await askBrokerFacts(probe.brokerUrl);
await probe.stop();
print(`${facts.kind} ${facts.version} without persistence; load ${loadNow()}\n`);
const report: Record<string, unknown> = { rate, seconds };
if (chosen.includes('rates')) {
  print('| durability | submissions/s | in batches of 500 | p50 (ms) | p99 | max | load |');
  print('| --- | ---: | ---: | ---: | ---: | ---: | ---: |');
  report.rates = await compareRates();
}
if (chosen.includes('losses')) {
  print(
    '\n| durability | accepted | known after a kill without persistence | lost |\n| --- | ---: | ---: | ---: |',
  );
  const losses = [];
  for (const durability of ['journal', 'memory'] as const) {
    const loss = await measureLoss(durability, values.losses);
    losses.push(loss);
    print(`| ${durability} | ${loss.accepted} | ${loss.known_after} | ${loss.lost} |`);
  }
  report.losses = losses;
}
if (chosen.includes('backlog')) {
  print('');
  const backlog = await measureBacklog(values.tasks);
  print(JSON.stringify(backlog));
  report.backlog = backlog;
}
print(`\n${writeReport('journal', facts, values.out, report)}`);
