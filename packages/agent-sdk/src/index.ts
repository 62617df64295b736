export { Agent, type DrainOptions } from './agent.ts';
export type { AgentOptions } from './agent-options.ts';
export { CommandAgent, type CommandAgentOptions } from './command/command-agent.ts';
export { type RunCommandAgentOptions, runCommandAgent } from './command/run-command-agent.ts';
export { type CheckContext, checkCriteria } from './criteria/check-criteria.ts';
export type { ProgressUpdate } from './domain/reports.ts';
export { type AgentLogger, jsonLogger, type LogLevel, silentLogger } from './logger.ts';
export type {
  AssignedTask,
  MessageHandler,
  ReceivedMessage,
  TaskContext,
  TaskHandler,
} from './task-context.ts';
export { type AbortCause, TaskAbortedError, TaskCompletion, TaskFailure } from './task-failure.ts';
export {
  AgentGoneError,
  type AgentTransport,
  type Claim,
  type CommandAccess,
  type Connect,
  type Heartbeat,
  type InboxEntry,
  type OutgoingMessage,
  type PullRequest,
  type Registered,
  type Settled,
  type Settlement,
  type TransportContext,
  TransportUnavailableError,
} from './transport/agent-transport.ts';
export { type GatewayTransportOptions, gatewayTransport } from './transport/gateway-transport.ts';
export { type StreamsTransportOptions, streamsTransport } from './transport/streams-transport.ts';
