// Submit → the agent has the task, open-loop; sender and agents in this process, so that one clock takes both times.
import { Agent, streamsTransport } from '@nova-torch/agent-sdk';
import { codec, newMessage, newTaskId, streamKeys, TaskSpec, TaskSubmittedV1 } from '@nova-torch/protocol';
import { createProducer } from '@nova-torch/streams';
import { type Arrivals, type Rate, timeArrivals } from './arrivals.ts';
import type { Finding, Scene } from './scenario.ts';

const AGENTS = 10;
const CAPACITY = 100;
const SKILL = 'latency';
const GOAL = 'p99 ≤ 100 ms';
export const WARM_UP_S = 3;

type Submit = (index: number) => Promise<unknown>;
type SpecOf = (index: number) => {
  title: string;
  required_skills: string[];
  inputs: Record<string, unknown>;
};

const WAYS = { 'over streams': overStreams, 'POST /v1/tasks': overHttp };
export type Way = keyof typeof WAYS;

function overStreams({ broker }: Scene, specOf: SpecOf): Submit {
  const producer = createProducer(broker, codec);
  return (index) => {
    const nowMs = Date.now();
    const spec = TaskSpec.parse(specOf(index));
    const payload = { task_id: newTaskId(0, nowMs), spec, submitter: 'latency', answer: false };
    const fields = { sender: 'latency', target: 'task-router', nowMs };
    return producer.publish(streamKeys(0).tasksQueue, newMessage(TaskSubmittedV1, payload, fields));
  };
}

function overHttp({ client }: Scene, specOf: SpecOf): Submit {
  return (index) => client.submitTask(specOf(index));
}

/** Measures one way in at one rate, after a warm-up that is not counted. */
export async function measureTasks(
  scene: Scene,
  way: Way,
  rate: Rate,
  goal: string = GOAL,
): Promise<Finding> {
  const fleet = await startFleet(scene);
  try {
    const submitBy = (specOf: SpecOf) => WAYS[way](scene, specOf);
    await fleet.run(submitBy, { perSecond: rate.perSecond, seconds: WARM_UP_S });
    const { fromCall, fromPlan } = await fleet.run(submitBy, rate);
    const what = `submit → agent has it, ${way}, ${rate.perSecond}/s`;
    return { what, goal, samples: fromPlan, notes: { from_call: fromCall.summary } };
  } finally {
    await fleet.stop();
  }
}

async function startFleet({ platform }: Scene) {
  let onTask: (inputs: Record<string, unknown>) => void = () => undefined;
  const agents = Array.from({ length: AGENTS }, () =>
    new Agent({
      role: 'developer',
      skills: [SKILL],
      capacity: CAPACITY,
      connect: streamsTransport({ brokerUrl: platform.brokerUrl }),
    }).onTask(async (task) => {
      onTask(task.inputs);
      return { ok: true };
    }),
  );
  await Promise.all(agents.map((agent) => agent.start()));
  let runs = 0;
  return {
    run(submitBy: (specOf: SpecOf) => Submit, rate: Rate): Promise<Arrivals> {
      runs += 1;
      const run = runs;
      const submit = submitBy((index) => ({
        title: `latency ${index}`,
        required_skills: [SKILL],
        inputs: { run, index, text: 'x'.repeat(100) },
      }));
      return timeArrivals(rate, submit, (onArrived) => {
        onTask = (inputs) => {
          if (inputs.run === run) onArrived(Number(inputs.index));
        };
      });
    },
    stop: async () => void (await Promise.all(agents.map((agent) => agent.stop()))),
  };
}
