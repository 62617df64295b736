// Agents that work on the backlog, in a process of their own.
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, streamsTransport } from '@nova-torch/agent-sdk';
import { countInWorker } from '../worker-process.ts';
import { ROLE } from './fill.ts';

/** What such a process is told, as JSON in its first argument. */
export interface BacklogAgents {
  readonly brokerUrl: string;
  readonly agents: number;
  readonly capacity: number;
  /** How long each task takes. */
  readonly workMs: number;
}

const END_WITHIN_MS = 5_000;

const { brokerUrl, agents, capacity, workMs } = JSON.parse(process.argv[2] ?? '{}') as BacklogAgents;
const fleet = Array.from(
  { length: agents },
  () => new Agent({ role: ROLE, capacity, connect: streamsTransport({ brokerUrl }) }),
);
// What they have is done to its end: nothing is run twice because of us.
const counter = countInWorker(async () => {
  await Promise.all(fleet.map((agent) => agent.drain({ deadlineMs: END_WITHIN_MS })));
});
for (const agent of fleet) {
  agent.onTask(async ({ inputs, priority }) => {
    const number = Number(inputs.number);
    if (priority === 'critical') counter.begun(number);
    else counter.handled(number);
    if (workMs > 0) await delay(workMs);
    return { ok: true };
  });
}
await Promise.all(fleet.map((agent) => agent.start()));
counter.ready();
