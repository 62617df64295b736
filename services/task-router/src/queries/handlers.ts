import type { Message } from '@nova-torch/protocol';
import { type Delivered, deadLetter, type Handler, type Outcome } from '@nova-torch/streams';
import { onDemandList } from './demand-list.v1.ts';
import type { QueryDeps } from './query-deps.ts';
import { onScheduleGet } from './schedule-get.v1.ts';
import { onScheduleList } from './schedule-list.v1.ts';
import { onTaskAnalyze } from './task-analyze.v1.ts';
import { onTaskClaim } from './task-claim.v1.ts';
import { onTaskExplain } from './task-explain.v1.ts';
import { onTaskGet } from './task-get.v1.ts';
import { onTaskList } from './task-list.v1.ts';
import { onTaskSurvey } from './task-survey.v1.ts';
import { onWorkflowGet } from './workflow-get.v1.ts';

/** Handlers of tasks.queries, by message type. */
export function queryHandlers(deps: QueryDeps): Record<string, Handler<Message>> {
  const answer = async (delivered: Delivered<Message>): Promise<Outcome> => {
    const { message } = delivered;
    switch (message.type) {
      case 'task.get.v1':
        return onTaskGet({ ...delivered, message }, deps);
      case 'task.list.v1':
        return onTaskList({ ...delivered, message }, deps);
      case 'task.survey.v1':
        return onTaskSurvey({ ...delivered, message }, deps);
      case 'workflow.get.v1':
        return onWorkflowGet({ ...delivered, message }, deps);
      case 'task.claim.v1':
        return onTaskClaim({ ...delivered, message }, deps);
      case 'task.analyze.v1':
        return onTaskAnalyze({ ...delivered, message }, deps);
      case 'schedule.get.v1':
        return onScheduleGet({ ...delivered, message }, deps);
      case 'schedule.list.v1':
        return onScheduleList({ ...delivered, message }, deps);
      case 'demand.list.v1':
        return onDemandList({ ...delivered, message }, deps);
      case 'task.explain.v1':
        return onTaskExplain({ ...delivered, message }, deps);
      default:
        return deadLetter('unknown_type', `tasks.queries does not carry ${message.type}`);
    }
  };
  return {
    'task.get.v1': answer,
    'task.list.v1': answer,
    'task.survey.v1': answer,
    'task.claim.v1': answer,
    'task.explain.v1': answer,
    'workflow.get.v1': answer,
    'task.analyze.v1': answer,
    'schedule.get.v1': answer,
    'schedule.list.v1': answer,
    'demand.list.v1': answer,
  };
}
