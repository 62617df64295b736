// A whole fleet at a steady load: all five services, agents over both ways, tasks over HTTP.
import { NovaClient } from '@nova-torch/client';
import { SERVICES } from '@nova-torch/protocol';
import { openBroker } from '@nova-torch/streams';
import { eventually, type Platform, startPlatform } from '@nova-torch/testing';
import { Ends } from '../contenders/ends.ts';
import { openLoop } from '../latency/open-loop.ts';
import { Samples } from '../latency/samples.ts';
import { askBrokerFacts, type BrokerFacts } from '../report.ts';
import { type Usage, UsageMeter } from '../usage.ts';
import { type Begun, startWorkers, type Workers } from '../worker-process.ts';
import { type FleetPart, SKILL } from './fleet-part.ts';

/** After the last submission: what has not ended by then has not been completed. */
const SETTLE_WITHIN_MS = 60_000;
/** How a task's duration differs from the mean, at most. */
const SPREAD = 0.5;

export interface FleetOptions {
  readonly minutes: number;
  readonly agents: number;
  readonly tasksPerMinute: number;
  /** How long a task takes on average, in ms. */
  readonly workMs: number;
}

export interface FleetReport {
  readonly broker: BrokerFacts;
  readonly submitted: number;
  readonly accepted: number;
  readonly completed: number;
  readonly failed: number;
  /** Times a task was begun; more than the tasks begun when one was begun again. */
  readonly begun: number;
  readonly begun_distinct: number;
  /** What a person would have to look at: failed tasks and dead letters. Nobody did anything to them here. */
  readonly left_for_people: number;
  /** From the planned moment of the submission to the entry of the agent's handler, in ms. */
  readonly assignment: Samples;
  /** From the planned moment of the submission to its answer, in ms. */
  readonly answer: Samples;
  /** Tasks completed by each agent that got any. */
  readonly tasks_of_agents: readonly number[];
  readonly seconds: number;
  readonly usage: Readonly<Record<string, Usage>>;
}

/** Starts everything, submits for `minutes`, waits for what is under way, and ends everything. */
export async function runFleet(options: FleetOptions): Promise<FleetReport> {
  const platform = await startPlatform();
  const begun: Begun[] = [];
  const workers: Workers[] = [];
  const broker = await openBroker({ url: platform.brokerUrl, name: 'bench-fleet' });
  const ends = new Ends(broker);
  try {
    for (const part of partsOf(platform, options.agents)) {
      const file = new URL('./agents.worker.ts', import.meta.url);
      workers.push(await startWorkers(file, [JSON.stringify(part)], 1, (one) => begun.push(one)));
    }
    const facts = await askBrokerFacts(platform.brokerUrl);
    const pids = new Map([
      ['broker', facts.pid],
      ...SERVICES.map((name) => [name, platform.service(name).pid] as const),
      ...workers.map((one, i) => [`agents ${i + 1}`, one.pids.worker] as const),
      ['submitter', process.pid],
    ]);
    const meter = new UsageMeter(() => pids);
    const startedAt = performance.now();
    const sent = await submitAll(platform, options);
    const haveEnded = async (): Promise<boolean> => endedOf(ends) >= sent.accepted;
    const patience = { timeoutMs: SETTLE_WITHIN_MS, everyMs: 20, what: 'the last ends' };
    // What has not ended by then is not waited for: it is missing from the completed ones.
    await eventually(haveEnded, patience).catch(() => undefined);
    const seconds = (performance.now() - startedAt) / 1_000;
    const usage = meter.stop();
    const { completed = 0, failed = 0 } = ends.states;
    return {
      ...{ broker: facts, seconds, usage, submitted: sent.planned.length, accepted: sent.accepted },
      ...{ completed: Math.min(completed, ends.counts.distinct), failed, answer: sent.answer },
      ...countBegun(begun, sent.planned),
      left_for_people: failed + (await countDeadLetters(platform)),
    };
  } finally {
    await Promise.all(workers.map((one) => one.stop()));
    await ends.stop();
    await broker.close();
    await platform.stop();
  }
}

/** Tasks that have ended, in whichever way. */
const endedOf = ({ states: { completed = 0, failed = 0, cancelled = 0, expired = 0 } }: Ends): number =>
  completed + failed + cancelled + expired;

/** Half of the agents on the streams, half over HTTP. */
function partsOf({ brokerUrl, gatewayUrl, adminKey }: Platform, agents: number): FleetPart[] {
  const onStreams = Math.ceil(agents / 2);
  const parts: FleetPart[] = [
    { agents: onStreams, brokerUrl },
    { agents: agents - onStreams, apiUrl: gatewayUrl, adminKey },
  ];
  return parts.filter((part) => part.agents > 0);
}

/** Open-loop: at the rate whatever comes back. */
async function submitAll(
  { gatewayUrl, adminKey }: Platform,
  { minutes, tasksPerMinute, workMs }: FleetOptions,
) {
  const client = new NovaClient({ baseUrl: gatewayUrl, key: adminKey });
  const answer = new Samples();
  /** When each should have been submitted, in Unix milliseconds. */
  const planned: number[] = [];
  const answers: Promise<unknown>[] = [];
  let accepted = 0;
  await openLoop({
    perSecond: tasksPerMinute / 60,
    seconds: minutes * 60,
    send(number, plannedAt) {
      planned[number] = performance.timeOrigin + plannedAt;
      const inputs = { number, work_ms: durationOf(number, workMs) };
      const spec = { title: `fleet ${number}`, required_skills: [SKILL], inputs };
      const submitted = client.submitTask(spec).then(() => {
        accepted += 1;
        answer.add(performance.now() - plannedAt);
      });
      // A refused submission is missing from the accepted ones.
      answers.push(submitted.catch(() => undefined));
    },
  });
  await Promise.all(answers);
  return { planned, answer, accepted };
}

/** Spread evenly around the mean, the same in every run. */
const durationOf = (number: number, meanMs: number): number =>
  Math.round(meanMs * (1 - SPREAD + 2 * SPREAD * ((number * 0.618_034) % 1)));

function countBegun(begun: readonly Begun[], planned: readonly number[]) {
  const assignment = new Samples();
  const tasksOf = new Map<string, number>();
  const seen = new Set<number>();
  for (const { number, at_ms, by = '' } of begun) {
    if (seen.has(number)) continue;
    seen.add(number);
    assignment.add(at_ms - (planned[number] ?? Number.NaN));
    tasksOf.set(by, (tasksOf.get(by) ?? 0) + 1);
  }
  const tasks_of_agents = [...tasksOf.values()].sort((a, b) => a - b);
  return { assignment, begun: begun.length, begun_distinct: seen.size, tasks_of_agents };
}

async function countDeadLetters({ gatewayUrl, adminKey }: Platform): Promise<number> {
  const client = new NovaClient({ baseUrl: gatewayUrl, key: adminKey });
  let count = 0;
  for await (const _ of client.listDeadLetters()) count += 1;
  return count;
}
