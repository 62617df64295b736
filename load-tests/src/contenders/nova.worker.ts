import { Agent, streamsTransport } from '@nova-torch/agent-sdk';
import { countInWorker } from '../worker-process.ts';
import { CAPACITY, SKILL } from './nova.ts';

const [brokerUrl = '', count = '20'] = process.argv.slice(2);
const agents = Array.from(
  { length: Number(count) },
  () =>
    new Agent({
      role: 'developer',
      skills: [SKILL],
      capacity: CAPACITY,
      connect: streamsTransport({ brokerUrl }),
    }),
);
const counter = countInWorker(async () => {
  await Promise.all(agents.map((agent) => agent.stop()));
});
for (const agent of agents) {
  agent.onTask(async (task) => {
    counter.handled(Number(task.inputs.number));
    return { ok: true };
  });
}
await Promise.all(agents.map((agent) => agent.start()));
counter.ready();
