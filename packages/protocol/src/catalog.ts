import type { z } from 'zod';
import type { MessageDefinition, MessageOf } from './envelope.ts';
import { AgentDeregisterV1 } from './messages/agent-deregister.v1.ts';
import { AgentDrainV1 } from './messages/agent-drain.v1.ts';
import { AgentFailedV1 } from './messages/agent-failed.v1.ts';
import { AgentGetV1 } from './messages/agent-get.v1.ts';
import { AgentGoneV1 } from './messages/agent-gone.v1.ts';
import { AgentHeartbeatV1 } from './messages/agent-heartbeat.v1.ts';
import { AgentJoinedV1 } from './messages/agent-joined.v1.ts';
import { AgentLeftV1 } from './messages/agent-left.v1.ts';
import { AgentListV1 } from './messages/agent-list.v1.ts';
import { AgentPageV1 } from './messages/agent-page.v1.ts';
import { AgentReapedV1 } from './messages/agent-reaped.v1.ts';
import { AgentRegisterV1 } from './messages/agent-register.v1.ts';
import { AgentRegisteredV1 } from './messages/agent-registered.v1.ts';
import { AgentReleasedV1 } from './messages/agent-released.v1.ts';
import { AgentSignV1 } from './messages/agent-sign.v1.ts';
import { AgentSpawnV1 } from './messages/agent-spawn.v1.ts';
import { AgentStateV1 } from './messages/agent-state.v1.ts';
import { AgentSuspectV1 } from './messages/agent-suspect.v1.ts';
import { AgentTerminateV1 } from './messages/agent-terminate.v1.ts';
import { AgentUpdatedV1 } from './messages/agent-updated.v1.ts';
import { AttemptFailedV1 } from './messages/attempt-failed.v1.ts';
import { DeadLetterDiscardV1 } from './messages/dead-letter-discard.v1.ts';
import { DeadLetterGetV1 } from './messages/dead-letter-get.v1.ts';
import { DeadLetterListV1 } from './messages/dead-letter-list.v1.ts';
import { DeadLetterPageV1 } from './messages/dead-letter-page.v1.ts';
import { DeadLetterReplayV1 } from './messages/dead-letter-replay.v1.ts';
import { DeadLetterSettledV1 } from './messages/dead-letter-settled.v1.ts';
import { DeadLetterStateV1 } from './messages/dead-letter-state.v1.ts';
import { DemandListV1 } from './messages/demand-list.v1.ts';
import { DemandPageV1 } from './messages/demand-page.v1.ts';
import { InboxRangV1 } from './messages/inbox-rang.v1.ts';
import { LogLevelSetV1 } from './messages/log-level-set.v1.ts';
import { MessageChangedV1 } from './messages/message-changed.v1.ts';
import { MessageDeliveredV1 } from './messages/message-delivered.v1.ts';
import { MessageGetV1 } from './messages/message-get.v1.ts';
import { MessagePostedV1 } from './messages/message-posted.v1.ts';
import { MessageSendV1 } from './messages/message-send.v1.ts';
import { MessageStateV1 } from './messages/message-state.v1.ts';
import { ReportCompletedV1 } from './messages/report-completed.v1.ts';
import { ReportFailedV1 } from './messages/report-failed.v1.ts';
import { ReportProgressV1 } from './messages/report-progress.v1.ts';
import { ReportStartedV1 } from './messages/report-started.v1.ts';
import { RequestRefusedV1 } from './messages/request-refused.v1.ts';
import { ScheduleChangeV1 } from './messages/schedule-change.v1.ts';
import { ScheduleCreateV1 } from './messages/schedule-create.v1.ts';
import { ScheduleGetV1 } from './messages/schedule-get.v1.ts';
import { ScheduleListV1 } from './messages/schedule-list.v1.ts';
import { SchedulePageV1 } from './messages/schedule-page.v1.ts';
import { ScheduleStateV1 } from './messages/schedule-state.v1.ts';
import { ServiceStatusV1 } from './messages/service-status.v1.ts';
import { SpawnChangedV1 } from './messages/spawn-changed.v1.ts';
import { SpawnListV1 } from './messages/spawn-list.v1.ts';
import { SpawnPageV1 } from './messages/spawn-page.v1.ts';
import { SpawnRefusedV1 } from './messages/spawn-refused.v1.ts';
import { SpawnStateV1 } from './messages/spawn-state.v1.ts';
import { TaskAnalyzeV1 } from './messages/task-analyze.v1.ts';
import { TaskAnalyzedV1 } from './messages/task-analyzed.v1.ts';
import { TaskAssignedV1 } from './messages/task-assigned.v1.ts';
import { TaskCancelV1 } from './messages/task-cancel.v1.ts';
import { TaskChangedV1 } from './messages/task-changed.v1.ts';
import { TaskClaimV1 } from './messages/task-claim.v1.ts';
import { TaskClaimedV1 } from './messages/task-claimed.v1.ts';
import { TaskCompletedV1 } from './messages/task-completed.v1.ts';
import { TaskExplainV1 } from './messages/task-explain.v1.ts';
import { TaskExplainedV1 } from './messages/task-explained.v1.ts';
import { TaskFailedV1 } from './messages/task-failed.v1.ts';
import { TaskGetV1 } from './messages/task-get.v1.ts';
import { TaskListV1 } from './messages/task-list.v1.ts';
import { TaskPageV1 } from './messages/task-page.v1.ts';
import { TaskRestoredV1 } from './messages/task-restored.v1.ts';
import { TaskRetryV1 } from './messages/task-retry.v1.ts';
import { TaskStateV1 } from './messages/task-state.v1.ts';
import { TaskStopV1 } from './messages/task-stop.v1.ts';
import { TaskSubmittedV1 } from './messages/task-submitted.v1.ts';
import { TaskSurveyV1 } from './messages/task-survey.v1.ts';
import { TaskSurveyedV1 } from './messages/task-surveyed.v1.ts';
import { TemplateListV1 } from './messages/template-list.v1.ts';
import { TemplatePageV1 } from './messages/template-page.v1.ts';
import { WorkflowAcceptedV1 } from './messages/workflow-accepted.v1.ts';
import { WorkflowCancelV1 } from './messages/workflow-cancel.v1.ts';
import { WorkflowCancelledV1 } from './messages/workflow-cancelled.v1.ts';
import { WorkflowGetV1 } from './messages/workflow-get.v1.ts';
import { WorkflowStateV1 } from './messages/workflow-state.v1.ts';
import { WorkflowSubmittedV1 } from './messages/workflow-submitted.v1.ts';

/** Every message there is. The only place that lists them all. */
export const CATALOG = [
  AgentDeregisterV1,
  AgentDrainV1,
  AgentFailedV1,
  AgentGetV1,
  AgentGoneV1,
  AgentHeartbeatV1,
  AgentJoinedV1,
  AgentLeftV1,
  AgentListV1,
  AgentPageV1,
  AgentReapedV1,
  AgentRegisterV1,
  AgentRegisteredV1,
  AgentReleasedV1,
  AgentSignV1,
  AgentSpawnV1,
  AgentStateV1,
  AgentSuspectV1,
  AgentTerminateV1,
  AgentUpdatedV1,
  AttemptFailedV1,
  DeadLetterDiscardV1,
  DeadLetterGetV1,
  DeadLetterListV1,
  DeadLetterPageV1,
  DeadLetterReplayV1,
  DeadLetterSettledV1,
  DeadLetterStateV1,
  DemandListV1,
  DemandPageV1,
  InboxRangV1,
  MessageChangedV1,
  MessageDeliveredV1,
  MessageGetV1,
  MessagePostedV1,
  MessageSendV1,
  MessageStateV1,
  ReportCompletedV1,
  ReportFailedV1,
  ReportProgressV1,
  ReportStartedV1,
  RequestRefusedV1,
  ScheduleChangeV1,
  ScheduleCreateV1,
  ScheduleGetV1,
  ScheduleListV1,
  SchedulePageV1,
  ScheduleStateV1,
  ServiceStatusV1,
  LogLevelSetV1,
  SpawnChangedV1,
  SpawnListV1,
  SpawnPageV1,
  SpawnRefusedV1,
  SpawnStateV1,
  TaskAnalyzeV1,
  TaskAnalyzedV1,
  TaskAssignedV1,
  TaskCancelV1,
  TaskChangedV1,
  TaskClaimV1,
  TaskClaimedV1,
  TaskCompletedV1,
  TaskExplainV1,
  TaskExplainedV1,
  TaskFailedV1,
  TaskGetV1,
  TaskListV1,
  TaskPageV1,
  TaskRestoredV1,
  TaskRetryV1,
  TaskSurveyV1,
  TaskSurveyedV1,
  TaskStateV1,
  TaskStopV1,
  TaskSubmittedV1,
  TemplateListV1,
  TemplatePageV1,
  WorkflowAcceptedV1,
  WorkflowCancelV1,
  WorkflowCancelledV1,
  WorkflowGetV1,
  WorkflowStateV1,
  WorkflowSubmittedV1,
] as const;

type Definition = (typeof CATALOG)[number];
/** Any message, told apart by `type`. */
export type Message = { [D in Definition as D['type']]: MessageOf<D> }[Definition['type']];
export type MessageType = Message['type'];
/** The message of a type. */
export type MessageOfType<T extends MessageType> = Extract<Message, { type: T }>;

const byType = new Map<string, MessageDefinition<string, z.ZodType>>(CATALOG.map((one) => [one.type, one]));

/** The definition of a type, or undefined for one that is not in the catalog. */
export const definitionOf = (type: string): MessageDefinition | undefined => byType.get(type);
