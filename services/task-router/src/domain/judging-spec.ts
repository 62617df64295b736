// What is asked of the agent that judges a claim: bounded, whatever was asked of the one that made it.
import {
  CHECK_RESULT_SCHEMA,
  CHECK_TASK_TYPE,
  type CriterionEvidence,
  REVIEW_RESULT_SCHEMA,
  REVIEW_TASK_TYPE,
  TaskSpec,
  TIMEOUT_MAX_S,
} from '@nova-torch/protocol';
import { cut } from './criteria.ts';
import type { TaskRecord } from './task-record.ts';

const TITLE_CHARS_MAX = 200;
/** Of the description that is shown; the task itself has all of it. */
const DESCRIPTION_CHARS_MAX = 12_000;

/** Seconds a check may take besides its command. */
const CHECK_ROOM_S = 300;

const REVIEWING =
  'Another agent says that it has done this task. Look at its work, then answer with a result like ' +
  '{"approved": true} or {"approved": false, "comments": "what is to be changed"}. `inputs` has the task, its result ' +
  'and what was checked already. A rejection goes back to the task with your comments, as a failed attempt.';
const CHECKING =
  'Look at the files and run the command named in `inputs.criteria` in your workspace, and answer with the evidence. ' +
  'The host of an agent does this by itself.';

/** The task of reviewing a claim. */
export function reviewSpec(
  record: TaskRecord,
  claim: {
    readonly resultJson: string | undefined;
    readonly evidence: { readonly criteria: readonly CriterionEvidence[] } | undefined;
  },
  nowMs: number,
): TaskSpec {
  const { spec, task_id: taskId, live } = record;
  const { role, instructions, timeout } = spec.success_criteria.review ?? {};
  return TaskSpec.parse({
    ...commonOf(record, 'Review', nowMs),
    task_type: REVIEW_TASK_TYPE,
    role,
    timeout,
    description: instructions === undefined ? REVIEWING : `${instructions}\n\n${REVIEWING}`,
    inputs: {
      task_id: taskId,
      title: spec.title,
      description: cut(spec.description, DESCRIPTION_CHARS_MAX),
      ...(instructions === undefined ? {} : { instructions }),
      agent_id: live.agent_id,
      attempt: live.attempt,
      ...(claim.resultJson === undefined ? {} : { result: JSON.parse(claim.resultJson) as unknown }),
      evidence: claim.evidence?.criteria ?? [],
    },
    success_criteria: { result_schema: REVIEW_RESULT_SCHEMA },
  });
}

/** The task of checking files and command in the workspace of another agent. */
export function checkSpec(record: TaskRecord, nowMs: number): TaskSpec {
  const { success_criteria: criteria } = record.spec;
  const { files, command, verified_by: role } = criteria;
  return TaskSpec.parse({
    ...commonOf(record, 'Check', nowMs),
    task_type: CHECK_TASK_TYPE,
    role,
    // The command may take its time, and the files some.
    timeout: Math.min(TIMEOUT_MAX_S, (command?.timeout ?? 0) + CHECK_ROOM_S),
    description: CHECKING,
    inputs: { task_id: record.task_id, title: record.spec.title, criteria: { files, command } },
    success_criteria: { result_schema: CHECK_RESULT_SCHEMA },
  });
}

function commonOf({ spec, task_id, live }: TaskRecord, what: string, nowMs: number) {
  return {
    title: cut(`${what}: ${spec.title}`, TITLE_CHARS_MAX),
    parent_task: task_id,
    priority: spec.priority,
    excluded_agent: live.agent_id,
    // It ends with the task it judges.
    ttl: Math.max(1, (live.expires_at_ms - nowMs) / 1000),
    durability: 'memory',
  } as const;
}
