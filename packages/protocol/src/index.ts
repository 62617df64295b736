export {
  AGENT_STATUSES,
  AgentPerformance,
  AgentRecord,
  AgentRegistration,
  type AgentRegistrationInput,
  AgentSkill,
  AgentStatus,
  AgentTransport,
  mayTakeTasks,
} from './agent.ts';
export { AgentAddress, MessageReceipt, MessageRecord, ReceiptState } from './agent-message.ts';
export { AutonomyFigures } from './autonomy.ts';
export {
  BATCH_TASKS_MAX,
  CAPACITY_MAX,
  DECISION_CANDIDATES_MAX,
  DECISIONS_KEPT,
  DELAY_MAX_S,
  DEPENDENCIES_MAX,
  ERROR_MESSAGE_CHARS_MAX,
  EXPLAINED_AGENTS_MAX,
  EXPLAINED_CANDIDATES_MAX,
  PAGE_MAX,
  PAYLOAD_BYTES_MAX,
  RESULT_BYTES_MAX,
  SCHEDULED_TASK_BYTES_MAX,
  SCHEDULES_MAX,
  TIMEOUT_DEFAULT_S,
  TIMEOUT_MAX_S,
  TTL_DEFAULT_S,
  WORKFLOW_BYTES_MAX,
  WORKFLOW_EDGES_MAX,
  WORKFLOW_TASKS_MAX,
} from './bounds.ts';
export { CATALOG, definitionOf, type Message, type MessageOfType, type MessageType } from './catalog.ts';
export { codec, type Decoded } from './codec.ts';
export {
  CHECK_OUTPUT_CHARS_MAX,
  CHECK_RESULT_SCHEMA,
  CheckFindings,
  CriterionEvidence,
  FOUND_CHARS_MAX,
  needsWorkspace,
  ReportedEvidence,
  TaskEvidence,
} from './criteria/evidence.ts';
export {
  CHECK_TASK_TYPE,
  REVIEW_COMMENTS_CHARS_MAX,
  REVIEW_RESULT_SCHEMA,
  REVIEW_TASK_TYPE,
  ReviewCriterion,
  ReviewVerdict,
} from './criteria/judging.ts';
export { LinearPattern, PatternError, type PatternSearch } from './criteria/linear-pattern.ts';
export { faultsOfResult } from './criteria/result-schema.ts';
export {
  CommandCriterion,
  FILE_CRITERIA_MAX,
  FileCriterion,
  SuccessCriteria,
} from './criteria/success-criteria.ts';
export {
  DEAD_LETTERS_AT_ONCE,
  DeadLetterAttempt,
  DeadLetterFilter,
  DeadLetterId,
  DeadLetterResult,
  DeadLetterSummary,
  splitDeadLetterId,
} from './dead-letter.ts';
export {
  DEAD_LETTER_KEEPERS,
  deadLetterFields,
  deadLetterNames,
  deadLetterOwner,
  keptUnder,
  UPKEEP_STREAMS,
} from './dead-letter-keepers.ts';
export { AgentDemand, DemandState, UnservedDemand } from './demand.ts';
export {
  Envelope,
  type EnvelopeFields,
  type MessageDefinition,
  type MessageOf,
  newMessage,
  PRIORITIES,
  Priority,
  Traceparent,
} from './envelope.ts';
export { ERRORS, ErrorCode, type ErrorRow, errorRow, NovaError } from './errors.ts';
export {
  AgentId,
  judgingTaskId,
  MessageId,
  newAgentId,
  newMessageId,
  newScheduleId,
  newSpawnId,
  newTaskId,
  newUuid,
  partitionOf,
  ScheduleId,
  SpawnId,
  seriesOf,
  TaskId,
} from './ids.ts';
export { hasExpired, INBOX_LOOK_AHEAD, nextOfInbox } from './inbox-order.ts';
export {
  CHANGEABLE_LOG_LEVELS,
  LOG_LEVEL_FOR_MAX_S,
  LOG_LEVEL_FOR_S,
  LogLevelName,
} from './log-level.ts';
export { AgentDeregisterV1 } from './messages/agent-deregister.v1.ts';
export { AgentDrainV1 } from './messages/agent-drain.v1.ts';
export { AgentFailedV1 } from './messages/agent-failed.v1.ts';
export { AgentGetV1 } from './messages/agent-get.v1.ts';
export { AgentGoneV1 } from './messages/agent-gone.v1.ts';
export { AgentHeartbeatV1 } from './messages/agent-heartbeat.v1.ts';
export { AgentJoinedV1 } from './messages/agent-joined.v1.ts';
export { AgentLeftV1 } from './messages/agent-left.v1.ts';
export { AgentListV1 } from './messages/agent-list.v1.ts';
export { AgentPageV1 } from './messages/agent-page.v1.ts';
export { AgentReapedV1 } from './messages/agent-reaped.v1.ts';
export { AgentRegisterV1 } from './messages/agent-register.v1.ts';
export { AgentRegisteredV1 } from './messages/agent-registered.v1.ts';
export { AgentReleasedV1 } from './messages/agent-released.v1.ts';
export { AgentSignV1 } from './messages/agent-sign.v1.ts';
export { AgentSpawnV1 } from './messages/agent-spawn.v1.ts';
export { AgentStateV1 } from './messages/agent-state.v1.ts';
export { AgentSuspectV1 } from './messages/agent-suspect.v1.ts';
export { AgentTerminateV1 } from './messages/agent-terminate.v1.ts';
export { AgentUpdatedV1 } from './messages/agent-updated.v1.ts';
export { AttemptFailedV1 } from './messages/attempt-failed.v1.ts';
export { DeadLetterDiscardV1 } from './messages/dead-letter-discard.v1.ts';
export { DeadLetterGetV1 } from './messages/dead-letter-get.v1.ts';
export { DeadLetterListV1 } from './messages/dead-letter-list.v1.ts';
export { DeadLetterPageV1 } from './messages/dead-letter-page.v1.ts';
export { DeadLetterReplayV1 } from './messages/dead-letter-replay.v1.ts';
export { DeadLetterSettledV1 } from './messages/dead-letter-settled.v1.ts';
export { DeadLetterStateV1 } from './messages/dead-letter-state.v1.ts';
export { DemandListV1 } from './messages/demand-list.v1.ts';
export { DemandPageV1 } from './messages/demand-page.v1.ts';
export { InboxRangV1 } from './messages/inbox-rang.v1.ts';
export { LogLevelSetV1 } from './messages/log-level-set.v1.ts';
export { MessageChangedV1 } from './messages/message-changed.v1.ts';
export { MessageDeliveredV1 } from './messages/message-delivered.v1.ts';
export { MessageGetV1 } from './messages/message-get.v1.ts';
export { MessagePostedV1 } from './messages/message-posted.v1.ts';
export { MessageSendV1 } from './messages/message-send.v1.ts';
export { MessageStateV1 } from './messages/message-state.v1.ts';
export { ReportCompletedV1 } from './messages/report-completed.v1.ts';
export { ReportFailedV1 } from './messages/report-failed.v1.ts';
export { ReportProgressV1 } from './messages/report-progress.v1.ts';
export { ReportStartedV1 } from './messages/report-started.v1.ts';
export { RequestRefusedV1 } from './messages/request-refused.v1.ts';
export { ScheduleChangeV1 } from './messages/schedule-change.v1.ts';
export { ScheduleCreateV1 } from './messages/schedule-create.v1.ts';
export { ScheduleGetV1 } from './messages/schedule-get.v1.ts';
export { ScheduleListV1 } from './messages/schedule-list.v1.ts';
export { SchedulePageV1 } from './messages/schedule-page.v1.ts';
export { ScheduleStateV1 } from './messages/schedule-state.v1.ts';
export { ChangedLogLevel, FlowStatus, ServiceStatusV1 } from './messages/service-status.v1.ts';
export { SpawnChangedV1 } from './messages/spawn-changed.v1.ts';
export { SpawnListV1 } from './messages/spawn-list.v1.ts';
export { SpawnPageV1 } from './messages/spawn-page.v1.ts';
export { SpawnRefusedV1 } from './messages/spawn-refused.v1.ts';
export { SpawnStateV1 } from './messages/spawn-state.v1.ts';
export { TaskAnalyzeV1 } from './messages/task-analyze.v1.ts';
export { TaskAnalyzedV1 } from './messages/task-analyzed.v1.ts';
export { TaskAssignedV1 } from './messages/task-assigned.v1.ts';
export { TaskCancelV1 } from './messages/task-cancel.v1.ts';
export { CHANGES_MAX, TaskChange, TaskChangedV1 } from './messages/task-changed.v1.ts';
export { TaskClaimV1 } from './messages/task-claim.v1.ts';
export { TaskClaimedV1 } from './messages/task-claimed.v1.ts';
export { CompletedTask, TaskCompletedV1 } from './messages/task-completed.v1.ts';
export { TaskExplainV1 } from './messages/task-explain.v1.ts';
export { TaskExplainedV1 } from './messages/task-explained.v1.ts';
export { TaskFailedV1 } from './messages/task-failed.v1.ts';
export { TaskGetV1 } from './messages/task-get.v1.ts';
export { TaskListV1 } from './messages/task-list.v1.ts';
export { TaskPageV1 } from './messages/task-page.v1.ts';
export { TaskRestoredV1 } from './messages/task-restored.v1.ts';
export { TaskRetryV1 } from './messages/task-retry.v1.ts';
export { TaskStateV1 } from './messages/task-state.v1.ts';
export { TaskStopV1 } from './messages/task-stop.v1.ts';
export { TaskSubmittedV1 } from './messages/task-submitted.v1.ts';
export { SURVEY_TASKS_MAX, TaskSurveyV1 } from './messages/task-survey.v1.ts';
export { TaskSurveyedV1 } from './messages/task-surveyed.v1.ts';
export { TemplateListV1 } from './messages/template-list.v1.ts';
export { TemplatePageV1 } from './messages/template-page.v1.ts';
export { WorkflowAcceptedV1 } from './messages/workflow-accepted.v1.ts';
export { WorkflowCancelV1 } from './messages/workflow-cancel.v1.ts';
export { WorkflowCancelledV1 } from './messages/workflow-cancelled.v1.ts';
export { WorkflowGetV1 } from './messages/workflow-get.v1.ts';
export { WorkflowStateV1 } from './messages/workflow-state.v1.ts';
export { WorkflowSubmittedV1 } from './messages/workflow-submitted.v1.ts';
export {
  DEAD_LETTERS_LIMIT,
  DEFAULT_MESSAGING,
  FEED_DEFAULTS,
  type FeedField,
  type FeedPolicy,
  type InboxPolicy,
  type Messaging,
  type MessagingProblem,
  policyName,
  type ReadMessaging,
  type Retention,
  readMessaging,
  STREAM_DEFAULTS,
  WORK_DEFAULTS,
  type WorkField,
  type WorkPolicy,
} from './messaging.ts';
export { RoleName, SkillName } from './names.ts';
export { PLAN_NAMES, type PlanName } from './plan-names.ts';
export { SCHEDULE_STATES, Schedule, ScheduleSpec, type ScheduleSpecInput } from './schedule.ts';
export { AgentTemplate, SPAWN_STATES, SpawnRecord, SpawnState } from './spawn.ts';
export { boundsOf, declareStream, type StreamDeclaration } from './stream-declaration.ts';
export {
  INBOX_GROUP,
  INBOXES,
  ownedKeys,
  SERVICES,
  type ServiceName,
  STREAMS,
  type StreamField,
  type StreamKeys,
  type StreamKind,
  type StreamRow,
  streamKeys,
  tagOf,
} from './streams.ts';
export { TaskError, TaskHistoryEntry, TaskProgress, TaskSummary, TaskView } from './task.ts';
export {
  ANALYSED_CHARS_MAX,
  ANALYSIS_ANSWER_MS,
  ANALYSIS_MODEL_MS_MAX,
  MatchedWord,
  TaskAnalysis,
} from './task-analysis.ts';
export {
  ASSIGNMENT_MODES,
  AssignmentMode,
  BATCH_REASONS,
  type BatchReason,
  PASS_OVER_REASONS,
  type PassedOver,
  type PassedOverGroup,
  type PassOverReason,
  ROUTING_STRATEGIES,
  RoutingStrategy,
  type ScoredCandidate,
  type ScoreFactors,
  TaskDecision,
  TaskExplanation,
} from './task-decision.ts';
export {
  DependencyEdge,
  dependencyIds,
  edgeOf,
  edgesOf,
  IF_UNKNOWN,
  ON_FAILURE,
  OnFailure,
  TaskDependency,
} from './task-dependency.ts';
export {
  Affinity,
  AntiAffinity,
  briefSpec,
  DURABILITIES,
  Durability,
  Labels,
  PoolName,
  RetryBackoff,
  SPREAD_OVER,
  Spread,
  TaskSpec,
  type TaskSpecInput,
  WorkflowId,
  WorkflowKey,
  wholeSpec,
} from './task-spec.ts';
export {
  isHeld,
  isLegalTransition,
  isTerminal,
  TASK_STATE_MEANING,
  TASK_STATES,
  TASK_TRANSITIONS,
  TaskState,
  type TaskTransition,
  TERMINAL_STATES,
  type TerminalState,
} from './task-state.ts';
export { StateCounts, WorkflowTask } from './workflow.ts';
