// A part of the fleet, in a process of its own: agents with one slot each that work for as long as their task says.
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, gatewayTransport, streamsTransport } from '@nova-torch/agent-sdk';
import { countInWorker } from '../worker-process.ts';
import { type FleetPart, SKILL } from './fleet-part.ts';

const { agents, brokerUrl, apiUrl = '', adminKey } = JSON.parse(process.argv[2] ?? '{}') as FleetPart;
const connect =
  brokerUrl === undefined ? gatewayTransport({ apiUrl, adminKey }) : streamsTransport({ brokerUrl });
const fleet = Array.from(
  { length: agents },
  () => new Agent({ role: 'developer', skills: [SKILL], connect }),
);
const counter = countInWorker(async () => {
  await Promise.all(fleet.map((agent) => agent.stop()));
});
for (const agent of fleet) {
  agent.onTask(async ({ inputs }, { agentId, signal }) => {
    const number = Number(inputs.number);
    counter.begun(number, agentId);
    await delay(Number(inputs.work_ms), undefined, { signal });
    counter.handled(number);
    return { ok: true };
  });
}
await Promise.all(fleet.map((agent) => agent.start()));
counter.ready();
