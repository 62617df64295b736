// A batch of submissions: admitted in memory, handed to free agents at once where nobody waits before them, written
// with one call.
import { dependencyIds, type MessageOfType, partitionOf, type TaskId } from '@nova-torch/protocol';
import { ack, type Delivered, deadLetter, type Outcome, retry } from '@nova-torch/streams';
import { type Cycles, cyclesOf } from '../active/cycles.ts';
import { readDependencyResults } from '../active/dependency-results.ts';
import type { ActiveDeps } from '../active/deps.ts';
import type { Entry } from '../active/ledger.ts';
import { readDescents } from '../active/read-lineages.ts';
import { MessageSpans } from '../active/task-spans.ts';
import { admit, type Submission } from '../domain/admit.ts';
import { assign } from '../domain/assign.ts';
import { AssignmentPlan } from '../domain/assignment-plan.ts';
import { type DependencyStates, judgeDependencies } from '../domain/dependencies.ts';
import type { Draft } from '../domain/draft.ts';
import { handInHistory } from '../domain/hands.ts';
import type { Descent } from '../domain/lineage.ts';
import type { Placement } from '../domain/placement.ts';
import { viewOf } from '../domain/view.ts';
import { classOf, demandOf, waitingScore } from '../domain/waiting.ts';
import { isApplied, type Verdict } from '../store/apply-transitions.ts';

type Submitted = Delivered<MessageOfType<'task.submitted.v1'>>;

/** What is read of other tasks before a batch is admitted. */
interface Known {
  readonly states: DependencyStates;
  readonly descents: ReadonlyMap<TaskId, Descent>;
  readonly cycles: Cycles;
  readonly spans: MessageSpans;
}

interface Work {
  readonly delivered: Submitted;
  readonly draft: Draft;
  readonly blockedBy: readonly TaskId[];
  readonly traceparent: string | undefined;
}

/** Takes submissions that do not depend on one another, in order; one outcome for each. */
export async function onTasksSubmitted(batch: readonly Submitted[], deps: ActiveDeps): Promise<Outcome[]> {
  const spans = new MessageSpans(deps.tracing, batch);
  return spans.during(admitAll(batch, spans, deps));
}

async function admitAll(
  batch: readonly Submitted[],
  spans: MessageSpans,
  deps: ActiveDeps,
): Promise<Outcome[]> {
  const outcomes = new Map<Submitted, Outcome>();
  const dependencies = batch.flatMap(({ message }) => dependencyIds(message.payload.spec));
  const states = await deps.tasks.states([...new Set(dependencies)]);
  const submitted = batch.map(({ message }) => message.payload);
  const descents = await readDescents(deps.tasks, submitted);
  const cycles = await cyclesOf(submitted, deps);
  const works: Work[] = [];
  for (const delivered of batch) {
    const work = admitOne(delivered, { states, descents, cycles, spans }, deps, outcomes);
    if (work !== undefined) works.push(work);
  }
  const entries = await handOn(works, deps);
  const verdicts = await deps.ledger.write(entries.map(({ entry }) => entry));
  observeSubmissions(
    entries.map(({ entry }) => entry),
    verdicts,
    deps,
  );
  const again = entries.filter((_, i) => verdicts[i] === 'no-slot' || verdicts[i] === 'no-inbox');
  for (const [i, { work, entry }] of entries.entries()) {
    outcomes.set(work.delivered, await outcomeOf(work, entry, verdicts[i], deps));
  }
  // Its agent turned out to be taken or gone: the task waits like any other.
  const unplaced = again.map(
    ({ work: { draft, blockedBy, traceparent } }): Entry => ({
      draft,
      blockedBy,
      traceparent,
    }),
  );
  const waiting = await deps.ledger.write(unplaced);
  observeSubmissions(unplaced, waiting, deps);
  for (const [i, { work }] of again.entries()) {
    const { draft, blockedBy } = work;
    outcomes.set(work.delivered, await outcomeOf(work, { draft, blockedBy }, waiting[i], deps));
  }
  return batch.map((delivered) => outcomes.get(delivered) ?? retry({ error: 'not decided' }));
}

function admitOne(
  delivered: Submitted,
  { states, descents, cycles, spans }: Known,
  deps: ActiveDeps,
  outcomes: Map<Submitted, Outcome>,
): Work | undefined {
  const { message, entryId } = delivered;
  const { payload } = message;
  if (partitionOf(payload.task_id) !== deps.partition) {
    outcomes.set(delivered, deadLetter('wrong_partition', `${payload.task_id} belongs to another partition`));
    return undefined;
  }
  if (waitsForTheLost(delivered, states)) {
    deps.metrics.submissions.inc({ outcome: 'early' });
    outcomes.set(
      delivered,
      retry({ afterMs: EARLY_AFTER_MS, error: 'a task it depends on has not come back yet' }),
    );
    return undefined;
  }
  const traceparent = spans.traceparentOf(message);
  const nowMs = deps.nowMs();
  const submission: Submission = {
    task_id: payload.task_id,
    spec: payload.spec,
    submitter: payload.submitter,
    answer: payload.answer,
    found: deps.wishesOf(payload.spec),
    hand: handInHistory(delivered.history),
    traceparent: traceparent ?? message.traceparent ?? deps.tracing.newTraceparent(),
    ...(descents.size > 0 && descents.get(payload.task_id)),
    submitted_at_ms: Math.min(nowMs, payload.submitted_at_ms ?? Number(entryId.split('-')[0])),
  };
  const admission = admit(submission, states, nowMs, cycles.get(payload.task_id));
  if (admission.kind === 'refused') {
    deps.metrics.submissions.inc({ outcome: 'refused' });
    const { code, detail, field } = admission;
    outcomes.set(delivered, ack([deps.answers.refused(delivered, code, detail, field)]));
    return undefined;
  }
  spans.became(message, admission.draft.record);
  return { delivered, draft: admission.draft, blockedBy: admission.blockedBy, traceparent };
}

/** How often, and how long apart in ms, a task submitted again waits for what it depends on. */
const EARLY_TRIES = 20;
const EARLY_AFTER_MS = 500;

/** Another gateway may not have submitted again yet what this one depends on. */
function waitsForTheLost({ message, attempt }: Submitted, states: DependencyStates): boolean {
  const { submitted_at_ms: again, spec } = message.payload;
  if (again === undefined || spec.dependencies.length === 0 || attempt > EARLY_TRIES) return false;
  return judgeDependencies(message.payload, states).kind === 'unknown';
}

/** Gives ready tasks to free agents, the most urgent first; what finds none, or must not pass others, waits. */
async function handOn(
  works: readonly Work[],
  deps: ActiveDeps,
): Promise<{ readonly work: Work; readonly entry: Entry }[]> {
  const ready = works
    .filter(({ draft }) => draft.record.state === 'ready')
    .sort((a, b) => scoreOf(a.draft) - scoreOf(b.draft));
  const needsResults = ready.filter(({ draft }) => draft.record.spec.dependencies.length > 0);
  const results = await readDependencyResults(
    deps.tasks,
    needsResults.map(({ draft }) => draft.record),
  );
  const placed = placeAll(ready, deps);
  const nowMs = deps.nowMs();
  return works.map((work) => {
    const { draft, blockedBy, traceparent } = work;
    const placement = placed.get(work);
    if (placement === undefined) return { work, entry: { draft, blockedBy, traceparent } };
    const { record, seat, grounds } = placement;
    const { agent } = seat;
    const dependencyResults = results.get(record.task_id) ?? {};
    const given = { agentId: agent.id, lease: deps.newLease(), dependencyResults, nowMs, grounds };
    const assigned = assign(draft, { ...deps.periods, ...given });
    return { work, entry: { draft: assigned, agent, traceparent } };
  });
}

/** Reserves slots for those of the tasks, in their order, that need not wait. */
function placeAll(ready: readonly Work[], { memory, routing, nowMs }: ActiveDeps): Map<Work, Placement> {
  const { agents, resting, held, lines } = memory;
  const plan = new AssignmentPlan(agents, { routing, resting, held, nowMs: nowMs() });
  const placed = new Map<Work, Placement>();
  for (const work of ready) {
    if (agents.freeAgents === 0) break;
    const { record } = work.draft;
    const demand = demandOf(record.spec);
    const className = classOf(demand);
    if (lines.isWaitedIn(className)) continue;
    const opening = plan.opening(demand);
    const placement = opening && plan.place({ record, demand, className }, opening);
    if (placement !== undefined) placed.set(work, placement);
  }
  plan.finish();
  return placed;
}

const scoreOf = ({ record }: Draft): number =>
  waitingScore(record.live.ready_at_ms ?? record.submitted_at_ms, record.spec.priority);

function observeSubmissions(
  entries: readonly Entry[],
  verdicts: readonly Verdict[],
  { metrics }: ActiveDeps,
): void {
  const accepted = entries.filter((_, i) => isApplied(verdicts[i]));
  const direct = accepted.filter(({ agent }) => agent !== undefined);
  metrics.submissions.inc({ outcome: 'accepted' }, accepted.length);
  metrics.submissions.inc(
    { outcome: 'duplicate' },
    verdicts.filter((verdict) => verdict === 'duplicate').length,
  );
  metrics.assignments.inc({ path: 'direct' }, direct.length);
  for (const { draft } of direct) metrics.waitDuration.observe({ priority: draft.record.spec.priority }, 0);
}

async function outcomeOf(
  { delivered }: Work,
  { draft }: Entry,
  verdict: Verdict | undefined,
  deps: ActiveDeps,
): Promise<Outcome> {
  const { answers, tasks } = deps;
  if (isApplied(verdict)) {
    if (!delivered.message.payload.answer) return ack();
    return ack([answers.state(delivered, { task: viewOf(draft.record) })]);
  }
  if (verdict !== 'duplicate') return retry({ error: `not written: ${verdict}` });
  if (!delivered.message.payload.answer) return ack();
  const full = await tasks.full(draft.record.task_id, false);
  if (full === undefined) return retry({ error: 'the record is gone' });
  return ack([answers.state(delivered, { task: viewOf(full.record, full) })]);
}
