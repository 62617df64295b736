import { gatewayTransport } from '../src/index.ts';
import { agentScenarios } from './agent-scenarios.ts';
import { ADMIN_KEY, GatewayProcess } from './gateway-process.ts';

agentScenarios('the gateway', async (broker) => {
  const gateway = await GatewayProcess.start(broker.url);
  return {
    connect: gatewayTransport({ apiUrl: gateway.apiUrl, adminKey: ADMIN_KEY }),
    close: () => gateway.stop(),
  };
});
