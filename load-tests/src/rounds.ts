// Rounds of measurements on one broker, each contender once in each.
import { openBroker } from '@nova-torch/streams';
import { type Contender, type Measured, measure } from './contest.ts';
import { type BrokerFacts, loadNow, machineFacts, print } from './report.ts';

/** One measurement of a contender, in which round, and how busy the machine was before. */
export type Run = Measured & { round: number; load_before: number };

export interface RoundOptions {
  readonly contenders: readonly Contender[];
  readonly url: string;
  readonly facts: BrokerFacts;
  readonly tasks: number;
  readonly warmUp: number;
  readonly number: number;
}

/** Says where and what is measured, then measures that many rounds. */
export async function rounds(
  count: number,
  { contenders, facts, ...rest }: Omit<RoundOptions, 'number'>,
): Promise<Run[]> {
  const { cores, model, node } = machineFacts();
  print(
    `${facts.kind} ${facts.version} without persistence, ${cores} × ${model}, Node ${node}, load ${loadNow()}`,
  );
  for (const { name, settings } of contenders) print(`  ${name}: ${settings}`);
  const runs: Run[] = [];
  for (let number = 1; number <= count; number += 1)
    runs.push(...(await round({ contenders, facts, number, ...rest })));
  return runs;
}

/** Measures each contender once on an empty broker; every other round in the opposite order, so that a drift of the machine favours nobody. */
async function round({ contenders, url, facts, tasks, warmUp, number }: RoundOptions): Promise<Run[]> {
  const runs: Run[] = [];
  for (const contender of number % 2 === 1 ? contenders : contenders.toReversed()) {
    const broker = await openBroker({ url, name: 'bench' });
    await broker.call('FLUSHALL');
    await broker.close();
    const load_before = loadNow();
    const measured = await measure(contender, { brokerUrl: url, brokerPid: facts.pid, tasks, warmUp });
    const { tasks_per_s, exact, tally, cpu_us_per_task } = measured;
    const cost = Object.entries(cpu_us_per_task).map(([name, us]) => `${name} ${us}`);
    print(
      `  round ${number}  ${contender.name.padEnd(20)} ${tasks_per_s.toFixed(0).padStart(7)} tasks/s  ` +
        `${exact ? 'exact' : `NOT EXACT ${JSON.stringify(tally)}`}  processor µs per task: ${cost.join(', ')}  (load before ${load_before})`,
    );
    runs.push({ round: number, load_before, ...measured });
  }
  return runs;
}
