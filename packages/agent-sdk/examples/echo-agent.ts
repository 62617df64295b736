// An agent that gives back what it is given. Run it with the address of the broker, or of the gateway and a key:
//   node --conditions=source packages/agent-sdk/examples/echo-agent.ts http://127.0.0.1:7400 "$(cat ~/.nova-torch/admin.key)"
import { Agent, gatewayTransport, jsonLogger, streamsTransport } from '@nova-torch/agent-sdk';

const [url = 'redis://127.0.0.1:6379', adminKey] = process.argv.slice(2);
const connect = url.startsWith('redis')
  ? streamsTransport({ brokerUrl: url })
  : gatewayTransport({ apiUrl: url, adminKey });
const logger = jsonLogger((line) => process.stdout.write(line));
const agent = new Agent({ role: 'developer', skills: ['echo'], capacity: 10, connect, logger });
agent.onTask(async (task) => ({ echo: task.inputs }));
agent.onMessage(async ({ from, body }) => logger.info({ from, body }, 'a message'));
process.once('SIGTERM', () => agent.drain()).once('SIGINT', () => agent.drain());
await agent.start();
