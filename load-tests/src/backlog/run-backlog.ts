// One run with a backlog: measured before it is there, while it waits, and while it is worked off.
//
//   fill.ts            the backlog, taken in by the real router     broker-memory.ts   what it costs there
//   kills.ts           routers killed while it waits                critical.ts        who must pass it
//   work-off.ts        the end of it                                assignment-book.ts that nothing was given away twice
import { streamKeys } from '@nova-torch/protocol';
import { openBroker } from '@nova-torch/streams';
import { startPlatform } from '@nova-torch/testing';
import { joinContest, overStreams } from '../contenders/nova.ts';
import { type Measured, measure } from '../contest.ts';
import { within } from '../deadline.ts';
import { followFeed } from '../feed.ts';
import { askBrokerFacts, type BrokerFacts, loadNow } from '../report.ts';
import { type Begun, startWorkers, type Workers } from '../worker-process.ts';
import type { BacklogAgents } from './agents.worker.ts';
import { AssignmentBook } from './assignment-book.ts';
import { costOfWaiting, readBrokerMemory, readRecords, type TaskCost } from './broker-memory.ts';
import { type CriticalFinding, measureCritical } from './critical.ts';
import { assertBacklogged, fillBacklog, untilTrimmed } from './fill.ts';
import { measureColdStart, measureTakeovers } from './kills.ts';
import type { Exactness } from './print-report.ts';
import {
  activeRouter,
  INSPECTABLE,
  memoryOf,
  type RouterMemory,
  type Routers,
  routerNames,
} from './routers.ts';
import { type WorkedOff, workOff } from './work-off.ts';

const END_WITHIN_MS = 60_000;

export interface BacklogOptions {
  /** That wait. */
  readonly tasks: number;
  /** Of the comparison with and without them: rounds, and tasks of each. */
  readonly rounds: number;
  readonly measured: number;
  readonly warmUp: number;
  readonly critical: number;
  readonly criticalPerSecond: number;
  /** Routers killed one after the other while others stand by. */
  readonly takeovers: number;
  readonly routers: number;
  /** While critical tasks are measured: agents with one slot each, and how long their tasks take. */
  readonly busyAgents: number;
  readonly workMs: number;
  /** Ended tasks that are kept: with few, forgetting goes on in every part of the run. */
  readonly retained: number;
  readonly log: (line: string) => void;
}

export interface BacklogReport {
  readonly broker: BrokerFacts;
  readonly throughput: { readonly bare: readonly Measured[]; readonly behind: readonly Measured[] };
  readonly critical: { readonly bare: CriticalFinding; readonly behind: CriticalFinding };
  readonly fill: { readonly seconds: number; readonly per_second: number };
  readonly cost: TaskCost;
  readonly cold_start_ms: number;
  readonly takeovers_ms: readonly number[];
  readonly memory: readonly (readonly [when: string, RouterMemory])[];
  readonly worked_off: readonly WorkedOff[];
  readonly exactness: Exactness;
}

/** Starts registry and routers on a broker of their own, measures, and ends all of it. */
export async function runBacklog(options: BacklogOptions): Promise<BacklogReport> {
  const routers = routerNames(options.routers);
  const platform = await startPlatform({
    services: ['registry', ...routers],
    env: { NOVA_RETENTION_TASKS_MAX: String(options.retained) },
    envOf: Object.fromEntries(routers.map((name) => [name, INSPECTABLE])),
  });
  const broker = await openBroker({ url: platform.brokerUrl, name: 'bench-backlog' });
  try {
    const facts = await askBrokerFacts(platform.brokerUrl);
    return await new BacklogRun({ options, platform, broker, routers, facts }).run();
  } finally {
    await broker.close();
    await platform.stop();
  }
}

interface Scene extends Routers {
  readonly options: BacklogOptions;
  readonly facts: BrokerFacts;
}

class BacklogRun {
  readonly #scene: Scene;
  readonly #memory: (readonly [string, RouterMemory])[] = [];
  #onBegun: (begun: Begun) => void = () => undefined;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  async run(): Promise<BacklogReport> {
    const { tasks, log } = this.#scene.options;
    const bare = await this.#throughput();
    const criticalBare = await this.#criticalWithout();
    await this.#noteMemory('nothing waits');
    await untilTrimmed(this.#scene.broker);
    const before = await readBrokerMemory(this.#scene.broker);
    const { ids, seconds, payload_bytes: payloadBytes } = await fillBacklog(this.#scene.broker, tasks);
    log(`${tasks} tasks taken in within ${seconds.toFixed(1)} s, ${Math.round(tasks / seconds)} a second`);
    await this.#noteMemory(`${tasks} tasks taken in`);
    const after = await readBrokerMemory(this.#scene.broker);
    const record = await readRecords(this.#scene.broker, ids);
    const cost = costOfWaiting(before, after, record, { tasks, payloadBytes });
    const behind = await this.#throughput();
    const book = new AssignmentBook(ids);
    const feed = followFeed(this.#scene.broker, streamKeys(0).tasksActive, '$', (json) => book.take(json));
    try {
      const end = await Promise.race([this.#workUp(book), feed.broken]);
      const { critical, ...ended } = end;
      return {
        ...{ broker: this.#scene.facts, throughput: { bare, behind }, cost, memory: this.#memory },
        critical: { bare: criticalBare, behind: critical },
        fill: { seconds, per_second: Math.round(tasks / seconds) },
        ...ended,
      };
    } finally {
      await feed.stop();
    }
  }

  /** From the kill of all routers to the last end. */
  async #workUp(book: AssignmentBook) {
    const { tasks, takeovers, busyAgents, workMs, log } = this.#scene.options;
    const { workers: busy, first_ms } = await measureColdStart(this.#scene, () =>
      this.#startAgents({ agents: busyAgents, capacity: 1, workMs }),
    );
    log(`all routers killed and started anew: the first task was with an agent after ${first_ms} ms`);
    const takeoversMs = await measureTakeovers(this.#scene, book, takeovers);
    log(`active router killed, another one gives tasks away after: ${takeoversMs.join(', ')} ms`);
    const critical = await this.#critical(book);
    await assertBacklogged(this.#scene.broker);
    const ran = await busy.finish();
    await this.#noteMemory(`${ran.length} tasks done, before the rest`);
    const fast = await this.#startAgents({ agents: 20, capacity: 50, workMs: 0 });
    const parts = await workOff({
      ...{ ...this.#scene, workers: fast, tasks: tasks - ran.length },
      onPart: ({ done, tasks_per_s }) => log(`  ${done} worked off, ${tasks_per_s} a second`),
    });
    await within(END_WITHIN_MS, 'the last ends', book.completed(tasks), async () =>
      JSON.stringify(book.found),
    );
    await this.#noteMemory('all done');
    for (const number of await fast.finish()) ran.push(number);
    const exactness = { ...book.found, tasks, ran: ran.length, ran_distinct: new Set(ran).size };
    return { critical, cold_start_ms: first_ms, takeovers_ms: takeoversMs, worked_off: parts, exactness };
  }

  #startAgents(agents: Omit<BacklogAgents, 'brokerUrl'>): Promise<Workers> {
    const told: BacklogAgents = { brokerUrl: this.#scene.platform.brokerUrl, ...agents };
    const file = new URL('./agents.worker.ts', import.meta.url);
    return startWorkers(file, [JSON.stringify(told)], 1, (begun) => this.#onBegun(begun));
  }

  #critical(book: AssignmentBook): Promise<CriticalFinding> {
    const { critical: samples, criticalPerSecond: perSecond } = this.#scene.options;
    const listen = (onBegun: (begun: Begun) => void): void => {
      this.#onBegun = onBegun;
    };
    return measureCritical({ broker: this.#scene.broker, book, samples, perSecond, listen });
  }

  /** The same while nothing waits. */
  async #criticalWithout(): Promise<CriticalFinding> {
    const { busyAgents, workMs } = this.#scene.options;
    const workers = await this.#startAgents({ agents: busyAgents, capacity: 1, workMs });
    const book = new AssignmentBook([]);
    const feed = followFeed(this.#scene.broker, streamKeys(0).tasksActive, '$', (json) => book.take(json));
    try {
      return await Promise.race([this.#critical(book), feed.broken]);
    } finally {
      await feed.stop();
      await workers.stop();
    }
  }

  /** Tasks of another class, from submission to stored end; rounds of a whole contest. */
  async #throughput(): Promise<Measured[]> {
    const { rounds, measured: tasks, warmUp, log } = this.#scene.options;
    const runs: Measured[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      const { router } = await activeRouter(this.#scene);
      const pids = {
        registry: this.#scene.platform.service('registry').pid,
        'active task-router': router.pid,
      };
      const contender = {
        ...{ name: 'Nova-Torch', settings: '' },
        start: (brokerUrl: string) =>
          joinContest({
            ...{ brokerUrl, agents: 20, pids, submitBy: overStreams },
            logs: () => JSON.stringify(router.logs.slice(-20)),
            stop: async () => undefined,
          }),
      };
      const { pid: brokerPid } = this.#scene.facts;
      const run = await measure(contender, {
        brokerUrl: this.#scene.platform.brokerUrl,
        brokerPid,
        tasks,
        warmUp,
      });
      log(
        `  ${run.tasks_per_s.toFixed(0)} tasks/s, ${run.exact ? 'exact' : 'NOT EXACT'} (load ${loadNow()})`,
      );
      runs.push(run);
    }
    return runs;
  }

  async #noteMemory(when: string): Promise<void> {
    const router = await activeRouter(this.#scene);
    this.#memory.push([when, await memoryOf(router)]);
  }
}
