import { codec, newMessage, newTaskId, streamKeys, TaskSpec, TaskSubmittedV1 } from '@nova-torch/protocol';
import { type Broker, createProducer, openBroker } from '@nova-torch/streams';
import type { Contender, Contestant } from '../contest.ts';
import { startServices } from '../services.ts';
import { startWorkers } from '../worker-process.ts';
import { Ends } from './ends.ts';

const BATCH = 256;
export const SKILL = 'bench';
export const CAPACITY = 50;

/** What a submitter says of task number `number`. */
export const taskOf = (number: number) => ({
  title: `task ${number}`,
  required_skills: [SKILL],
  inputs: { number, text: 'x'.repeat(100) },
});

/** The submission of task number `number`, as a client on the streams makes it. */
function submission(number: number) {
  const nowMs = Date.now();
  const spec = TaskSpec.parse(taskOf(number));
  const payload = { task_id: newTaskId(0, nowMs), spec, submitter: 'bench', answer: false };
  const message = newMessage(TaskSubmittedV1, payload, { sender: 'bench', target: 'task-router', nowMs });
  return { stream: streamKeys(0).tasksQueue, message };
}

/** Submits over the streams, in batches. */
export function overStreams(broker: Broker): Contestant['submit'] {
  const producer = createProducer(broker, codec);
  return async (from, count) => {
    for (let first = from; first < from + count; first += BATCH) {
      const size = Math.min(BATCH, from + count - first);
      await producer.publishAll(Array.from({ length: size }, (_, index) => submission(first + index)));
    }
  };
}

/** Services that run already. */
export interface NovaScene {
  readonly brokerUrl: string;
  readonly agents: number;
  readonly pids: Contestant['processes'];
  /** Where the agents send their spans; nowhere unless given. */
  readonly spansTo?: string | undefined;
  submitBy(broker: Broker): Contestant['submit'];
  logs(): string;
  /** Called last. */
  stop(): Promise<void>;
}

/** Agents in a process of their own, and the count of what they and the router say is done. */
export async function joinContest(scene: NovaScene): Promise<Contestant> {
  const file = new URL('./nova.worker.ts', import.meta.url);
  const worker = await startWorkers(file, [
    ...[scene.brokerUrl, String(scene.agents)],
    ...(scene.spansTo === undefined ? [] : [scene.spansTo]),
  ]).catch(async (error: unknown) => {
    await scene.stop();
    throw error;
  });
  const broker = await openBroker({ url: scene.brokerUrl, name: 'bench-nova' });
  const ends = new Ends(broker);
  return {
    processes: { ...scene.pids, agents: worker.pids.worker },
    submit: scene.submitBy(broker),
    done: (total) => ends.reached(total),
    async tally() {
      const { events, distinct } = ends.counts;
      const runs = await worker.tally();
      return { handled: Math.max(events, runs.handled), distinct: Math.min(distinct, runs.distinct) };
    },
    explain: async () => `transitions ${JSON.stringify(ends.states)}\n${scene.logs()}`,
    async stop() {
      await worker.stop();
      await ends.stop();
      await broker.close();
      await scene.stop();
    },
  };
}

/** Nova-Torch: submissions on the stream, routed by skill to real agents, ends stored by the router. */
export function nova(agents: number): Contender {
  return {
    name: 'Nova-Torch',
    settings: `submit in batches of ${BATCH} → task-router (one process; record, history, explainable choice by skill, metrics) → ${agents} agents of capacity ${CAPACITY} in one process → settled; registry running, no trace exporter`,
    async start(brokerUrl) {
      const { pids, logs, stop } = await startServices(brokerUrl, ['registry', 'task-router']);
      return joinContest({ ...{ brokerUrl, agents, pids, logs, stop }, submitBy: overStreams });
    },
  };
}
