import { Agent, streamsTransport } from '@nova-torch/agent-sdk';
import { startTracing, untraced } from '@nova-torch/tracing';
import { countInWorker } from '../worker-process.ts';
import { CAPACITY, SKILL } from './nova.ts';

const [brokerUrl = '', count = '20', endpoint] = process.argv.slice(2);
const tracing =
  endpoint === undefined
    ? untraced
    : await startTracing({ service: 'agent', instance: `bench-${process.pid}`, endpoint, ratio: 1 });
const agents = Array.from(
  { length: Number(count) },
  () =>
    new Agent({
      role: 'developer',
      skills: [SKILL],
      capacity: CAPACITY,
      tracing,
      connect: streamsTransport({ brokerUrl }),
    }),
);
const counter = countInWorker(async () => {
  await Promise.all(agents.map((agent) => agent.stop()));
  await tracing.stop();
});
for (const agent of agents) {
  agent.onTask(async (task) => {
    counter.handled(Number(task.inputs.number));
    return { ok: true };
  });
}
await Promise.all(agents.map((agent) => agent.start()));
counter.ready();
