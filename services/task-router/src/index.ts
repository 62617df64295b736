export { buildApp } from './app.ts';
// The pure part of a decision, for whoever measures it.
export { AgentIndex, type IndexedAgent } from './domain/agent-index.ts';
export { type Choice, chooseAgent, rankAgents } from './domain/choose-agent.ts';
export { keepDecision } from './domain/decision.ts';
export { DEFAULT_ROUTING, type Routing } from './domain/routing.ts';
export { type Demand, demandOf } from './domain/waiting.ts';
export { type RouterBase, type RouterEnv, routerEnv } from './env.ts';
