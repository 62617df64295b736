import { codec, newMessage, newTaskId, streamKeys, TaskSpec, TaskSubmittedV1 } from '@nova-torch/protocol';
import { asStreamEntries, type Broker, createProducer, openBroker } from '@nova-torch/streams';
import type { Contender } from '../contest.ts';
import { startServices } from '../services.ts';
import { startWorkers } from '../worker-process.ts';

const BATCH = 256;
const BLOCK_MS = 1_000;
export const SKILL = 'bench';
export const CAPACITY = 50;
const keys = streamKeys(0);

/** Counts the tasks whose end is stored, from the feed of transitions. */
class Ends {
  readonly #seen = new Set<string>();
  /** Transitions into each state. */
  readonly #states = new Map<string, number>();
  #waiter: { total: number; resolve: () => void; reject: (why: Error) => void } | undefined;
  #stopping = false;
  readonly #reader;
  readonly #loop: Promise<void>;

  constructor(broker: Broker) {
    this.#reader = broker.openReader('bench-ends');
    this.#loop = this.#follow();
    this.#loop.catch((error: unknown) =>
      this.#waiter?.reject(new Error('the feed of ends broke', { cause: error })),
    );
  }

  async #follow(): Promise<void> {
    let last = '0-0';
    while (!this.#stopping) {
      const args = ['COUNT', 1_000, 'BLOCK', BLOCK_MS, 'STREAMS', keys.tasksActive, last];
      const reply = await this.#reader.read('XREAD', args, BLOCK_MS).catch((error: unknown) => {
        if (!this.#stopping) throw error;
      });
      for (const { id, fields } of asStreamEntries(reply)[0]?.entries ?? []) {
        last = id;
        this.#count(fields['m'] ?? '');
      }
    }
  }

  /** Looks at the text only: decoding every transition would cost the machine more than the floor does. */
  #count(json: string): void {
    const to = /"to":"([a-z]+)"/.exec(json)?.[1] ?? 'unreadable';
    this.#states.set(to, (this.#states.get(to) ?? 0) + 1);
    if (to === 'failed') this.#waiter?.reject(new Error(`a task of the measurement failed: ${json}`));
    if (to !== 'completed') return;
    this.#seen.add(/"task_id":"([^"]+)"/.exec(json)?.[1] ?? json);
    if (this.#waiter && this.#seen.size >= this.#waiter.total) this.#waiter.resolve();
  }

  reached(total: number): Promise<void> {
    if (this.#seen.size >= total) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiter = { total, resolve, reject };
    });
  }

  get counts() {
    return { events: this.#states.get('completed') ?? 0, distinct: this.#seen.size };
  }

  get states() {
    return Object.fromEntries(this.#states);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#reader.close();
    await this.#loop.catch(() => undefined);
  }
}

/** Nova-Torch: submissions on the stream, routed by skill to real agents, ends stored by the router. */
export function nova(agents: number): Contender {
  return {
    name: 'Nova-Torch',
    settings: `submit in batches of ${BATCH} → task-router (one process, history, explainable choice by skill) → ${agents} agents of capacity ${CAPACITY} in one process → settled; registry running`,
    async start(brokerUrl) {
      const services = await startServices(brokerUrl, ['registry', 'task-router']);
      const worker = await startWorkers(new URL('./nova.worker.ts', import.meta.url), [
        brokerUrl,
        String(agents),
      ]);
      const broker = await openBroker({ url: brokerUrl, name: 'bench-nova' });
      const producer = createProducer(broker, codec);
      const ends = new Ends(broker);
      const submission = (number: number) => {
        const nowMs = Date.now();
        const spec = TaskSpec.parse({
          title: `task ${number}`,
          required_skills: [SKILL],
          inputs: { number, text: 'x'.repeat(100) },
        });
        const task_id = newTaskId(0, nowMs);
        const payload = { task_id, spec, submitter: 'bench', answer: false };
        const message = newMessage(TaskSubmittedV1, payload, {
          sender: 'bench',
          target: 'task-router',
          nowMs,
        });
        return { stream: keys.tasksQueue, message };
      };
      return {
        processes: { ...services.pids, ...worker.pids },
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
