// An agent sends a message → the other agent takes it, open-loop, both in this process.
import { Agent, streamsTransport } from '@nova-torch/agent-sdk';
import { within } from '../deadline.ts';
import { openLoop } from './open-loop.ts';
import { Samples } from './samples.ts';
import type { Finding, Scene } from './scenario.ts';

const PER_SECOND = 100;
const ARRIVE_WITHIN_MS = 30_000;

/** `seconds` at 100 messages/s. */
export async function measureMessages({ platform }: Scene, seconds: number): Promise<Finding> {
  const samples = new Samples();
  const total = PER_SECOND * seconds;
  const warmUp = PER_SECOND;
  const called: number[] = [];
  const all = Promise.withResolvers<void>();
  let taken = 0;
  const agent = () =>
    new Agent({
      role: 'developer',
      skills: ['talking'],
      connect: streamsTransport({ brokerUrl: platform.brokerUrl }),
    }).onTask(() => undefined);
  const sender = agent();
  const receiver = agent().onMessage(async ({ body }) => {
    const now = performance.now();
    const { index } = body as { index: number };
    taken += 1;
    if (index >= warmUp) samples.add(now - (called[index] ?? Number.NaN));
    if (taken === total + warmUp) all.resolve();
  });
  try {
    await Promise.all([sender.start(), receiver.start()]);
    const { agentId: to } = receiver;
    if (to === undefined) throw new Error('the receiver did not register');
    const send = (index: number) => {
      called[index] = performance.now();
      sender.sendMessage(to, { index }).catch(all.reject);
    };
    const sent = openLoop({ perSecond: PER_SECOND, seconds: seconds + 1, send });
    const arrived = async () => `${taken} of ${total + warmUp} were taken`;
    await Promise.all([
      sent,
      within(seconds * 1_000 + ARRIVE_WITHIN_MS, 'messages to arrive', all.promise, arrived),
    ]);
  } finally {
    await Promise.all([sender.stop(), receiver.stop()]);
  }
  return { what: `message sent → the agent took it, ${PER_SECOND}/s`, goal: 'p99 ≤ 100 ms', samples };
}
