// pnpm bench:journal: what `durability: journal` costs, what it saves when the broker is killed without persistence, and how
// long a backlog takes to be back.
import { parseArgs } from 'node:util';
import type { Durability } from '@nova-torch/protocol';
import { clientOf, measureBacklog, measureLoss, startIntake } from './journal/backlog.ts';
import { measureRates, type RateFinding } from './journal/rates.ts';
import { askBrokerFacts, loadNow, print, RESULTS, writeReport } from './report.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
    rate: { type: 'string', default: '200' },
    tasks: { type: 'string', default: '100000' },
    losses: { type: 'string', default: '2000' },
    /** rates, losses, backlog; comma-separated, default all. */
    only: { type: 'string', default: 'rates,losses,backlog' },
    out: { type: 'string', default: RESULTS },
  },
});
const chosen = values.only.split(',');
const [seconds, rate] = [Number(values.seconds), Number(values.rate)];

/** Alternating, so that what else the machine does meets both alike. */
async function compareRates(): Promise<RateFinding[]> {
  const platform = await startIntake();
  const findings: RateFinding[] = [];
  try {
    const client = clientOf(platform);
    // Warm-up, not counted.
    await measureRates(client, 'journal', { seconds: 1, rate, round: 0 });
    for (let round = 1; round <= Number(values.rounds); round += 1) {
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
    const loss = await measureLoss(durability, Number(values.losses));
    losses.push(loss);
    print(`| ${durability} | ${loss.accepted} | ${loss.known_after} | ${loss.lost} |`);
  }
  report.losses = losses;
}
if (chosen.includes('backlog')) {
  print('');
  const backlog = await measureBacklog(Number(values.tasks));
  print(JSON.stringify(backlog));
  report.backlog = backlog;
}
print(`\n${writeReport('journal', facts, values.out, report)}`);
