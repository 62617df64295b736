import { codec, newMessage, newTaskId, streamKeys, TaskSpec, TaskSubmittedV1 } from '@nova-torch/protocol';
import { type Broker, createProducer, openBroker } from '@nova-torch/streams';
import type { Contender } from '../contest.ts';
import { type FollowedFeed, followFeed } from '../feed.ts';
import { startServices } from '../services.ts';
import { startWorkers } from '../worker-process.ts';

const BATCH = 256;
export const SKILL = 'bench';
export const CAPACITY = 50;
const keys = streamKeys(0);

/** Task and new state of one change in a message of the feed. */
const CHANGE = /"task_id":"([^"]+)","seq":\d+,"from":"[a-z]+","to":"([a-z]+)"/g;

/** Counts the tasks whose end is stored, from the feed of transitions. */
class Ends {
  readonly #feed: FollowedFeed;
  readonly #seen = new Set<string>();
  /** Transitions into each state. */
  readonly #states = new Map<string, number>();
  #waiter: { total: number; resolve: () => void; reject: (why: Error) => void } | undefined;

  constructor(broker: Broker) {
    this.#feed = followFeed(broker, keys.tasksActive, '0-0', (json) => this.#count(json));
  }

  /** Looks at the text only: decoding every transition would cost the machine more than the floor does. */
  #count(json: string): void {
    for (const [, taskId = json, to = ''] of json.matchAll(CHANGE)) {
      this.#states.set(to, (this.#states.get(to) ?? 0) + 1);
      if (to === 'failed') this.#waiter?.reject(new Error(`a task of the measurement failed: ${taskId}`));
      if (to === 'completed') this.#seen.add(taskId);
    }
    if (this.#waiter && this.#seen.size >= this.#waiter.total) this.#waiter.resolve();
  }

  reached(total: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiter = { total, resolve, reject };
    if (this.#seen.size >= total) resolve();
    return Promise.race([promise, this.#feed.broken]);
  }

  get counts() {
    return { events: this.#states.get('completed') ?? 0, distinct: this.#seen.size };
  }

  get states() {
    return Object.fromEntries(this.#states);
  }

  stop(): Promise<void> {
    return this.#feed.stop();
  }
}

/** The submission of task number `number`, as a client on the streams makes it. */
function submission(number: number) {
  const nowMs = Date.now();
  const spec = TaskSpec.parse({
    title: `task ${number}`,
    required_skills: [SKILL],
    inputs: { number, text: 'x'.repeat(100) },
  });
  const payload = { task_id: newTaskId(0, nowMs), spec, submitter: 'bench', answer: false };
  const message = newMessage(TaskSubmittedV1, payload, { sender: 'bench', target: 'task-router', nowMs });
  return { stream: keys.tasksQueue, message };
}

/** Nova-Torch: submissions on the stream, routed by skill to real agents, ends stored by the router. */
export function nova(agents: number): Contender {
  return {
    name: 'Nova-Torch',
    settings: `submit in batches of ${BATCH} → task-router (one process; record, history, explainable choice by skill, metrics) → ${agents} agents of capacity ${CAPACITY} in one process → settled; registry running, no trace exporter`,
    async start(brokerUrl) {
      const services = await startServices(
        brokerUrl,
        ['registry', 'task-router'],
        process.env.PROF ? ['--cpu-prof', '--cpu-prof-dir=/tmp/prof'] : [],
      );
      const file = new URL('./nova.worker.ts', import.meta.url);
      const worker = await startWorkers(file, [brokerUrl, String(agents)]).catch(async (error: unknown) => {
        await services.stop();
        throw error;
      });
      const broker = await openBroker({ url: brokerUrl, name: 'bench-nova' });
      const producer = createProducer(broker, codec);
      const ends = new Ends(broker);
      return {
        processes: { ...services.pids, agents: worker.pids.worker },
        async submit(from, count) {
          for (let first = from; first < from + count; first += BATCH) {
            const size = Math.min(BATCH, from + count - first);
            await producer.publishAll(Array.from({ length: size }, (_, index) => submission(first + index)));
          }
        },
        done: (total) => ends.reached(total),
        async tally() {
          const { events, distinct } = ends.counts;
          const runs = await worker.tally();
          return { handled: Math.max(events, runs.handled), distinct: Math.min(distinct, runs.distinct) };
        },
        explain: async () => `transitions ${JSON.stringify(ends.states)}\n${services.logs()}`,
        async stop() {
          await worker.stop();
          await ends.stop();
          await broker.close();
          await services.stop();
        },
      };
    },
  };
}
