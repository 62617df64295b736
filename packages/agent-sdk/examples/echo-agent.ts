// An agent that gives back what it is given. Run: node --conditions=source packages/agent-sdk/examples/echo-agent.ts
import { Agent, gatewayTransport, jsonLogger, streamsTransport } from '@nova-torch/agent-sdk';

const {
  NOVA_BROKER_URL: brokerUrl,
  NOVA_API_URL: apiUrl = 'http://127.0.0.1:7400',
  NOVA_ADMIN_KEY: adminKey,
} = process.env;
const connect = brokerUrl ? streamsTransport({ brokerUrl }) : gatewayTransport({ apiUrl, adminKey });
const logger = jsonLogger((line) => process.stdout.write(line));
const agent = new Agent({ role: 'developer', skills: ['echo'], capacity: 10, connect, logger });
agent.onTask(async (task) => ({ echo: task.inputs }));
agent.onMessage(async ({ from, body }) => logger.info({ from, body }, 'a message'));
process.once('SIGTERM', () => agent.drain()).once('SIGINT', () => agent.drain());
await agent.start();
