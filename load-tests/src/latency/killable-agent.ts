// An agent in a process of its own that works on a task until it is told to stop, or is killed.
import { Agent, gatewayTransport, streamsTransport } from '@nova-torch/agent-sdk';

const [skill = '', brokerUrl = '', apiUrl = '', adminKey = ''] = process.argv.slice(2);
const connect = brokerUrl === '' ? gatewayTransport({ apiUrl, adminKey }) : streamsTransport({ brokerUrl });
const agent = new Agent({ role: 'developer', skills: [skill], connect }).onTask(
  (_, { signal }) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
);
process.once('disconnect', () => {
  void agent.stop({ hurry: true }).then(() => process.exit(0));
});
await agent.start();
process.send?.(agent.agentId);
