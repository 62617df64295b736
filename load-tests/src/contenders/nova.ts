import { codec, newMessage, newTaskId, streamKeys, TaskSpec, TaskSubmittedV1 } from '@nova-torch/protocol';
import { asStreamEntries, type Broker, createProducer, openBroker } from '@nova-torch/streams';
import { startServices } from '../services.ts';
import type { Contender } from '../contest.ts';
import { startWorkerProcess } from '../worker-process.ts';

const BATCH = 256;
const BLOCK_MS = 1_000;
export const SKILL = 'bench';
export const CAPACITY = 50;
const keys = streamKeys(0);

/** Counts the tasks whose end is stored, from the feed of transitions. */
class Ends {
  readonly #seen = new Set<string>();
  #events = 0;
  #waiter: { total: number; resolve: () => void } | undefined;
  #stopping = false;
  readonly #reader;
  readonly #loop: Promise<void>;

  constructor(broker: Broker) {
    this.#reader = broker.openReader('bench-ends');
    this.#loop = this.#follow();
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
    if (!json.includes('"to":"completed"')) return;
    this.#events += 1;
    this.#seen.add(/"task_id":"([^"]+)"/.exec(json)?.[1] ?? json);
    if (this.#waiter && this.#seen.size >= this.#waiter.total) this.#waiter.resolve();
  }

  reached(total: number): Promise<void> {
    if (this.#seen.size >= total) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiter = { total, resolve };
    });
  }

  get counts() {
    return { events: this.#events, distinct: this.#seen.size };
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#reader.close();
    await this.#loop;
  }
}

/** Nova-Torch: submissions on the stream, routed by skill to real agents, ends stored by the router. */
export function nova(agents: number): Contender {
  return {
    name: 'Nova-Torch',
    settings: `submit in batches of ${BATCH} → task-router (one process, history, explainable choice by skill) → ${agents} agents of capacity ${CAPACITY} in one process → settled; registry running`,
    async start(brokerUrl) {
      const services = await startServices(brokerUrl, ['registry', 'task-router']);
      const worker = await startWorkerProcess(new URL('./nova.worker.ts', import.meta.url), [brokerUrl, String(agents)]);
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
        const message = newMessage(TaskSubmittedV1, payload, { sender: 'bench', target: 'task-router', nowMs });
        return { stream: keys.tasksQueue, message };
      };
      return {
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
