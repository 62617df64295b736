export type { AgentFilters, PulledMessage, PullOptions, RegisteredAgent } from './agent-calls.ts';
export { type Breaker, type BreakerOptions, type BreakerState, createBreaker } from './breaker.ts';
export type { CallOptions, IdempotentCallOptions, NovaClientOptions } from './calls.ts';
export type {
  DeadLetter,
  DeadLetterChoice,
  DeadLetterFilters,
  DeadLettersSettled,
} from './dead-letter-calls.ts';
export { type ClientErrorCode, type FieldError, NovaApiError } from './errors.ts';
export { type FindLocalOptions, findLocal, type LocalInstallation } from './find-local.ts';
export type { components, operations, paths } from './generated/api.ts';
export { NovaClient } from './nova-client.ts';
export { AgentRegistry } from './plans/agent-registry.ts';
export { AgentSpawner, type SpawnAdvice } from './plans/agent-spawner.ts';
export { CollaborationManager, type PeerFilters } from './plans/collaboration-manager.ts';
export {
  type MessageHandler,
  NovaOrchestrator,
  type ReceivedMessage,
  type Subscription,
} from './plans/nova-orchestrator.ts';
export { type AgentsForTask, type TaskDemand, TaskOrchestrator } from './plans/task-orchestrator.ts';
export type {
  Demanded,
  KeptTasks,
  LogLevelChange,
  Me,
  NewMessage,
  PlatformHealth,
  SetLogLevel,
  StreamInfo,
} from './platform-calls.ts';
export type { RetryPolicy } from './retry.ts';
export type {
  AcceptedTask,
  BatchResult,
  TaskFilters,
  WaitForTaskOptions,
} from './task-calls.ts';
export type {
  AcceptedWorkflow,
  CancelledWorkflow,
  WaitForWorkflowOptions,
  WorkflowInput,
  WorkflowView,
} from './workflow-calls.ts';
