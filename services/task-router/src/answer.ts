import {
  DemandPageV1,
  type ErrorCode,
  type Message,
  newMessage,
  RequestRefusedV1,
  SchedulePageV1,
  ScheduleStateV1,
  TaskAnalyzedV1,
  TaskClaimedV1,
  TaskExplainedV1,
  TaskPageV1,
  TaskStateV1,
  TaskSurveyedV1,
  WorkflowAcceptedV1,
  WorkflowCancelledV1,
  WorkflowStateV1,
} from '@nova-torch/protocol';
import { type Delivered, type Outgoing, replyOutgoing } from '@nova-torch/streams';

type Payload<D extends { payload: { _zod: { output: unknown } } }> = D['payload']['_zod']['output'];

/** Makes the answers to requests; each goes out in the script that acknowledges its request. */
export interface Answers {
  state(request: Delivered<Message>, payload: Payload<typeof TaskStateV1>): Outgoing<Message>;
  page(request: Delivered<Message>, payload: Payload<typeof TaskPageV1>): Outgoing<Message>;
  surveyed(request: Delivered<Message>, payload: Payload<typeof TaskSurveyedV1>): Outgoing<Message>;
  claimed(request: Delivered<Message>, payload: Payload<typeof TaskClaimedV1>): Outgoing<Message>;
  workflowAccepted(
    request: Delivered<Message>,
    payload: Payload<typeof WorkflowAcceptedV1>,
  ): Outgoing<Message>;
  workflowState(request: Delivered<Message>, payload: Payload<typeof WorkflowStateV1>): Outgoing<Message>;
  workflowCancelled(
    request: Delivered<Message>,
    payload: Payload<typeof WorkflowCancelledV1>,
  ): Outgoing<Message>;
  analyzed(request: Delivered<Message>, payload: Payload<typeof TaskAnalyzedV1>): Outgoing<Message>;
  schedule(request: Delivered<Message>, payload: Payload<typeof ScheduleStateV1>): Outgoing<Message>;
  schedulePage(request: Delivered<Message>, payload: Payload<typeof SchedulePageV1>): Outgoing<Message>;
  demands(request: Delivered<Message>, payload: Payload<typeof DemandPageV1>): Outgoing<Message>;
  explained(request: Delivered<Message>, payload: Payload<typeof TaskExplainedV1>): Outgoing<Message>;
  refused(request: Delivered<Message>, code: ErrorCode, detail: string, field?: string): Outgoing<Message>;
}

/** `nowMs` is the broker's clock. */
export function createAnswers(instance: string, nowMs: () => number): Answers {
  const fields = ({ message }: Delivered<Message>) => ({
    sender: instance,
    target: message.sender,
    nowMs: nowMs(),
    correlation_id: message.id,
    traceparent: message.traceparent,
  });
  return {
    state: (request, payload) => replyOutgoing(request, newMessage(TaskStateV1, payload, fields(request))),
    page: (request, payload) => replyOutgoing(request, newMessage(TaskPageV1, payload, fields(request))),
    surveyed: (request, payload) =>
      replyOutgoing(request, newMessage(TaskSurveyedV1, payload, fields(request))),
    claimed: (request, payload) =>
      replyOutgoing(request, newMessage(TaskClaimedV1, payload, fields(request))),
    workflowAccepted: (request, payload) =>
      replyOutgoing(request, newMessage(WorkflowAcceptedV1, payload, fields(request))),
    workflowState: (request, payload) =>
      replyOutgoing(request, newMessage(WorkflowStateV1, payload, fields(request))),
    workflowCancelled: (request, payload) =>
      replyOutgoing(request, newMessage(WorkflowCancelledV1, payload, fields(request))),
    analyzed: (request, payload) =>
      replyOutgoing(request, newMessage(TaskAnalyzedV1, payload, fields(request))),
    schedule: (request, payload) =>
      replyOutgoing(request, newMessage(ScheduleStateV1, payload, fields(request))),
    schedulePage: (request, payload) =>
      replyOutgoing(request, newMessage(SchedulePageV1, payload, fields(request))),
    demands: (request, payload) => replyOutgoing(request, newMessage(DemandPageV1, payload, fields(request))),
    explained: (request, payload) =>
      replyOutgoing(request, newMessage(TaskExplainedV1, payload, fields(request))),
    refused: (request, code, detail, field) => {
      const payload = field === undefined ? { code, detail } : { code, detail, field };
      return replyOutgoing(request, newMessage(RequestRefusedV1, payload, fields(request)));
    },
  };
}
