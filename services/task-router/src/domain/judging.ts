// What other agents say of a claim of completion: tasks of their own, of which one at a time judges the claim.
//
// J1. While it is judged a task is `verifying` and nobody holds it: its agent has its slot back, and may be gone.
// J2. The judging task is written with the claim or not at all, under an id that follows from the task and its epoch.
//     Its end is told like that of a dependency: noted by the script that ends it, and seen to until that is done.
// J3. It never goes to the agent whose claim it judges, and ends when nobody waits for its judgement any more.
// J4. A claim nobody could judge has no proof: the attempt failed (invariant I10).
import {
  type AgentId,
  CheckFindings,
  type CriterionEvidence,
  ERROR_MESSAGE_CHARS_MAX,
  FOUND_CHARS_MAX,
  judgingTaskId,
  ReviewVerdict,
  type SuccessCriteria,
  type TaskError,
  type TaskEvidence,
} from '@nova-torch/protocol';
import { failAttempt } from './attempts.ts';
import { type Claim, cut, judgeWorkspace, needsCheck, unmetError } from './criteria.ts';
import { type Draft, type Moment, move, newDraft, noteWaiting, openDraft, ROUTER } from './draft.ts';
import { cancel, complete, RELEASED } from './endings.ts';
import { checkSpec, reviewSpec } from './judging-spec.ts';
import { lineageBelow } from './lineage.ts';
import type { Judges, TaskRecord } from './task-record.ts';

type Judge = Judges['kind'];

/** Who judges a claim whose other criteria hold; undefined when nobody needs to. */
export const firstJudge = (criteria: SuccessCriteria, claim: Claim): Judge | undefined =>
  needsCheck(criteria, claim) ? 'check' : afterCheck(criteria);

const afterCheck = ({ review }: SuccessCriteria): Judge | undefined =>
  review === undefined ? undefined : 'review';

interface OpenClaim {
  /** Who judges it next. */
  readonly judge: Judge | undefined;
  readonly resultJson: string | undefined;
  /** Why it is believed, if nobody judges it any more. */
  readonly reason: string;
}

/** What becomes of a claim nothing speaks against: the task is completed, or goes on being judged. */
export function settleClaim(draft: Draft, { judge, resultJson, reason }: OpenClaim, nowMs: number): Draft {
  const agentId = draft.record.live.agent_id;
  if (judge !== undefined) return appoint(draft, judge, resultJson, nowMs);
  return complete(draft, resultJson, { atMs: nowMs, actor: ROUTER, agentId, reason });
}

/** Has the claim judged by a new task (J1, J2). */
function appoint(draft: Draft, kind: Judge, resultJson: string | undefined, nowMs: number): Draft {
  const { task_id: taskId, epoch, live } = draft.record;
  const judgeId = judgingTaskId(taskId, epoch, kind);
  const waiting = noteWaiting(draft, nowMs, `waits for its ${kind}, ${judgeId}`, {
    ...RELEASED,
    judged_by: judgeId,
    claimed_at_ms: live.claimed_at_ms ?? nowMs,
  });
  const evidence = draft.evidence ?? undefined;
  return {
    ...waiting,
    claim: resultJson,
    judge: judgeDraft(waiting.record, { kind, task_id: taskId, epoch }, { resultJson, evidence }, nowMs),
    ...(evidence !== undefined && { evidence: { ...evidence, [kind]: { task_id: judgeId } } }),
  };
}

function judgeDraft(
  record: TaskRecord,
  judges: Judges,
  claim: { readonly resultJson: string | undefined; readonly evidence: TaskEvidence | undefined },
  nowMs: number,
): Draft {
  const { task_id: taskId, epoch, live, submitter, traceparent } = record;
  const draft = newDraft({
    task_id: judgingTaskId(taskId, epoch, judges.kind),
    spec: judges.kind === 'check' ? checkSpec(record, nowMs) : reviewSpec(record, claim, nowMs),
    ...{ submitter, traceparent, submitted_at_ms: nowMs },
    lineage: lineageBelow(taskId, record, ''),
    live: { attempt: 0, returns: 0, expires_at_ms: live.expires_at_ms, judges },
  });
  const reason = `to ${judges.kind} what ${live.agent_id} did`;
  return move(draft, 'ready', { atMs: nowMs, actor: ROUTER, reason, live: { ready_at_ms: nowMs } });
}

/** A claim as it is kept while others judge it. */
export interface KeptClaim {
  readonly resultJson: string | undefined;
  readonly evidence: TaskEvidence | undefined;
}

/** The end of a judging task; `judge` has ended. What it makes of the task it judged, which waits for it. */
export function settleJudgement(
  record: TaskRecord,
  claim: KeptClaim,
  judge: { readonly record: TaskRecord; readonly result: unknown },
  moment: Moment,
): Draft {
  const { agent_id: by, judges } = judge.record.live;
  const isDone = judge.record.state === 'completed' && by !== undefined;
  if (isDone && judges?.kind === 'review') {
    const verdict = ReviewVerdict.safeParse(judge.result);
    if (verdict.success) return takeVerdict(record, claim, { verdict: verdict.data, by, judge }, moment);
  }
  if (isDone && judges?.kind === 'check') {
    const found = CheckFindings.safeParse(judge.result);
    if (found.success) return takeFindings(record, claim, { ...found.data, by, judge }, moment);
  }
  const error = { code: 'NOT_VERIFIED', message: whyNone(judge.record) };
  return failAttempt(openDraft(record), { error, actor: ROUTER }, moment);
}

interface Judged {
  readonly by: AgentId;
  readonly judge: { readonly record: TaskRecord };
}

function takeVerdict(
  record: TaskRecord,
  claim: KeptClaim,
  { verdict, by, judge }: Judged & { readonly verdict: ReviewVerdict },
  moment: Moment,
): Draft {
  const { approved, comments } = verdict;
  const said = `${approved ? 'approved' : 'rejected'} by ${by}`;
  const found = comments === undefined ? said : `${said}: ${comments}`;
  const entry = { criterion: 'review', met: approved, found: cut(found, FOUND_CHARS_MAX) };
  const look = { ...lookOf(judge.record, by, moment.nowMs), ...verdict };
  const draft = withEvidence(record, claim, [entry], { review: look });
  if (approved) {
    const { resultJson } = claim;
    return settleClaim(draft, { judge: undefined, resultJson, reason: said }, moment.nowMs);
  }
  const error: TaskError = { code: 'REVIEW_REJECTED', message: found };
  return failAttempt(draft, { error, actor: by }, moment);
}

function takeFindings(
  record: TaskRecord,
  claim: KeptClaim,
  { evidence, by, judge }: Judged & { readonly evidence: readonly CriterionEvidence[] },
  moment: Moment,
): Draft {
  const criteria = record.spec.success_criteria;
  const entries = judgeWorkspace(criteria, { evidence });
  const draft = withEvidence(record, claim, entries, {
    check: lookOf(judge.record, by, moment.nowMs),
  });
  const unmet = unmetError(entries);
  if (unmet !== undefined) return failAttempt(draft, { error: unmet, actor: by }, moment);
  const { resultJson } = claim;
  const reason = `its success criteria hold, as ${by} found`;
  return settleClaim(draft, { judge: afterCheck(criteria), resultJson, reason }, moment.nowMs);
}

const lookOf = ({ task_id }: TaskRecord, agent_id: AgentId, ended_at_ms: number) => ({
  ...{ task_id, agent_id, ended_at_ms },
});

function withEvidence(
  record: TaskRecord,
  { evidence }: KeptClaim,
  entries: readonly CriterionEvidence[],
  look: Pick<TaskEvidence, 'check' | 'review'>,
): Draft {
  const draft = openDraft(record);
  if (evidence === undefined) return draft;
  return { ...draft, evidence: { ...evidence, ...look, criteria: [...evidence.criteria, ...entries] } };
}

function whyNone({ task_id, state, live }: TaskRecord): string {
  const what = live.judges?.kind ?? 'judgement';
  const why = live.error === undefined ? 'its result is no verdict' : live.error.message;
  const text = `its ${what}, ${task_id}, ended as ${state} without a verdict: ${why}`;
  return cut(text, ERROR_MESSAGE_CHARS_MAX);
}

/** Whether the task still waits for this judgement (J3). */
export const isAwaited = (judgeId: string, judged: Pick<TaskRecord, 'state' | 'live'> | undefined): boolean =>
  judged?.state === 'verifying' && judged.live.judged_by === judgeId;

/** Ends a judging task nobody waits for any more. */
export function withdraw(record: TaskRecord, judged: TaskRecord | undefined, nowMs: number): Draft {
  const { judges } = record.live;
  const reason = `${judges?.task_id} is ${judged?.state ?? 'gone'}: nobody waits for its judgement`;
  return cancel(openDraft(record), { id: `withdrawn ${judges?.epoch}`, by: ROUTER, reason }, nowMs);
}
