import { streamsTransport } from '../src/index.ts';
import { agentScenarios } from './agent-scenarios.ts';

agentScenarios('streams', async (broker) => ({
  connect: streamsTransport({ brokerUrl: broker.url }),
  close: async () => {},
}));
