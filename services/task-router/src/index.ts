export { buildApp } from './app.ts';
// The pure part of a decision, for whoever measures it.
export { AgentIndex } from './domain/agent-index.ts';
export { assignBatch, BATCH_MAX, type BatchAgent, type BatchOption } from './domain/assign-batch.ts';
export { AssignmentPlan } from './domain/assignment-plan.ts';
export { type Choice, chooseAgent, rankAgents, slotStep, wantedOf } from './domain/choose-agent.ts';
export { keepDecision } from './domain/decision.ts';
export { HeldTasks } from './domain/held-tasks.ts';
export type { IndexedAgent } from './domain/indexed-agent.ts';
export { RestingAgents } from './domain/resting.ts';
export { DEFAULT_ROUTING, type Routing } from './domain/routing.ts';
export type { TaskRecord } from './domain/task-record.ts';
export { classOf, type Demand, demandOf } from './domain/waiting.ts';
export { type RouterBase, type RouterEnv, routerEnv } from './env.ts';
