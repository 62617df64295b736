// A world in which anything may happen to tasks, in any order: it makes the router's decisions on whatever it last saw
// of a task, and writes them to a store, which may be a plain model or the real script on a real broker.
import {
  type AgentId,
  isHeld,
  isTerminal,
  newAgentId,
  newTaskId,
  type TaskHistoryEntry,
  type TaskId,
  TaskSpec,
  type TaskState,
} from '@nova-torch/protocol';
import { admit } from '../../src/domain/admit.ts';
import { assign } from '../../src/domain/assign.ts';
import { loseAttempt } from '../../src/domain/attempts.ts';
import { decideCancel, decideRetry } from '../../src/domain/commands.ts';
import { resolveDependencies } from '../../src/domain/dependencies.ts';
import { type Draft, isChanged, openDraft } from '../../src/domain/draft.ts';
import { type KeptClaim, settleJudgement } from '../../src/domain/judging.ts';
import { type Report, settleReport } from '../../src/domain/settle-report.ts';
import type { TaskRecord } from '../../src/domain/task-record.ts';
import { passTime } from '../../src/domain/timers.ts';
import type { Verdict } from '../../src/store/apply-transitions.ts';
import { AGENTS, type Happening, TASKS } from './task-happenings.ts';

/** Slots of each agent. */
export const CAPACITY = 1;
const BEGIN_MS = 1_700_000_000_000;

/** Where decisions are written. */
export interface Store {
  /** Writes a decision as the router does; `op` repeats are recognised. */
  write(
    draft: Draft,
    write: { op: string; term: number; blockedBy: readonly TaskId[] },
  ): Promise<Verdict | 'not-leader'>;
  record(taskId: TaskId): Promise<TaskRecord | undefined>;
  /** What is kept of a claim that is being judged. */
  claim(taskId: TaskId): Promise<KeptClaim>;
  /** A new term; writes of the one before are refused from now on. */
  newTerm(): Promise<number>;
}

interface Written {
  readonly draft: Draft;
  readonly op: string;
  readonly blockedBy: readonly TaskId[];
  readonly applied: boolean;
}

export class TaskWorld {
  readonly agents: readonly AgentId[] = Array.from({ length: AGENTS }, () => newAgentId(0, BEGIN_MS));
  readonly tasks: readonly TaskId[] = Array.from({ length: TASKS }, (_, i) => newTaskId(0, BEGIN_MS + i));
  /** Results accepted, by task and epoch of the completion. */
  readonly accepted = new Map<TaskId, number>();
  readonly #store: Store;
  readonly #written: Written[] = [];
  /** The first assignment each task ever had: what a slow agent still reports on. */
  readonly #first = new Map<TaskId, TaskRecord>();
  #nowMs = BEGIN_MS;
  #ops = 0;
  #term = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  async begin(): Promise<void> {
    this.#term = await this.#store.newTerm();
  }

  get moment() {
    return { nowMs: this.#nowMs, random: () => 0.5 };
  }

  async happen(one: Happening): Promise<void> {
    this.#nowMs += 1;
    switch (one.kind) {
      case 'submit':
        return this.#submit(one);
      case 'assign':
        return this.#assign(one);
      case 'report':
        return this.#report(one);
      case 'pass':
        this.#nowMs += one.ms;
        for (const record of await this.#all()) {
          const draft = passTime(record, this.moment);
          if (draft !== undefined) await this.#write(draft);
        }
        return;
      case 'lose':
        return this.#lose(this.agents[one.agent]);
      case 'cancel':
      case 'retry':
        return this.#command(one);
      case 'resolve':
        return this.#resolve(this.tasks[one.task]);
      case 'judge':
        return this.#judge(one);
      case 'again':
        return this.#again(one);
      case 'takeover':
        return this.#takeover(one.late);
    }
  }

  async #all(): Promise<TaskRecord[]> {
    const records = await Promise.all(this.tasks.map((taskId) => this.#store.record(taskId)));
    return records.filter((record) => record !== undefined);
  }

  async #record(index: number): Promise<TaskRecord | undefined> {
    const taskId = this.tasks[index];
    return taskId === undefined ? undefined : this.#store.record(taskId);
  }

  async #write(draft: Draft, blockedBy: readonly TaskId[] = []): Promise<Verdict | 'not-leader'> {
    this.#ops += 1;
    const op = `${this.#term}-${this.#ops}`;
    const verdict = await this.#store.write(draft, { op, term: this.#term, blockedBy });
    const applied = verdict === 'applied' || verdict === 'unblocks';
    this.#written.push({ draft, op, blockedBy, applied });
    if (applied) this.#accept(draft);
    return verdict;
  }

  #accept(draft: Draft): void {
    const { record } = draft;
    if (record.state === 'completed')
      this.accepted.set(record.task_id, (this.accepted.get(record.task_id) ?? 0) + 1);
    if (record.state === 'assigned' && !this.#first.has(record.task_id))
      this.#first.set(record.task_id, record);
  }

  async #states(): Promise<Map<TaskId, TaskState>> {
    return new Map((await this.#all()).map(({ task_id, state }) => [task_id, state]));
  }

  async #submit({
    task: index,
    retries,
    after,
    exitCode,
    review,
    timed,
  }: Happening & { kind: 'submit' }): Promise<void> {
    const taskId = this.tasks[index];
    // A task depends on earlier ones only, as the router demands.
    const dependency = after === undefined || after >= index ? undefined : this.tasks[after];
    if (taskId === undefined) return;
    const states = await this.#states();
    if (dependency !== undefined && !states.has(dependency)) return;
    const spec = TaskSpec.parse({
      title: `task ${index}`,
      role: 'developer',
      max_retries: retries,
      timeout: 60,
      ttl: 100_000,
      dependencies: dependency === undefined ? [] : [dependency],
      success_criteria: {
        ...(exitCode && { exit_code: 0 }),
        ...(review && { review: { role: 'qa' } }),
      },
      ...(timed && {
        ...{ start_timeout: 3, progress_timeout: 20 },
        run_at: new Date(this.#nowMs + 2_000).toISOString(),
      }),
    });
    const submission = {
      task_id: taskId,
      spec,
      submitter: 'world',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      submitted_at_ms: this.#nowMs,
      answer: false,
    };
    const admission = admit(submission, states, this.#nowMs);
    if (admission.kind === 'admitted') await this.#write(admission.draft, admission.blockedBy);
  }

  async #assign({ task: index, agent: agentIndex }: Happening & { kind: 'assign' }): Promise<void> {
    const record = await this.#record(index);
    const agentId = this.agents[agentIndex];
    if (record?.state !== 'ready' || agentId === undefined) return;
    const assignment = {
      agentId,
      lease: `lease ${this.#nowMs}`,
      dependencyResults: {},
      nowMs: this.#nowMs,
      leaseMs: 10_000,
      startTimeoutMs: 30_000,
    };
    await this.#write(assign(openDraft(record), assignment));
    const holding = (await this.#all()).filter(
      ({ state, live }) => isHeld(state) && live.agent_id === agentId,
    );
    if (holding.length > CAPACITY) throw new Error(`${agentId} holds ${holding.length} tasks`);
  }

  async #report({ task: index, what, which, good, returned }: Happening & { kind: 'report' }): Promise<void> {
    const record = await this.#record(index);
    if (record === undefined) return;
    const about = which === 'first' ? (this.#first.get(record.task_id) ?? record) : record;
    const other = this.agents.find((id) => id !== about.live.agent_id);
    const proof = {
      task_id: record.task_id,
      agent_id: (which === 'agent' ? other : about.live.agent_id) ?? (this.agents[0] as AgentId),
      epoch: about.epoch,
      lease: which === 'lease' ? 'guessed' : (about.live.lease ?? 'none'),
    };
    const payload = {
      'report.started.v1': { ...proof, started_at_ms: this.#nowMs },
      'report.progress.v1': { ...proof, percent: 50 },
      'report.completed.v1': { ...proof, result: this.#nowMs, exit_code: good ? 0 : 1 },
      'report.failed.v1': { ...proof, code: 'NO', message: 'no', retryable: good, returned },
    }[what];
    const settlement = settleReport(openDraft(record), { type: what, payload } as Report, this.moment);
    const { live, epoch } = record;
    const current =
      isHeld(record.state) &&
      proof.epoch === epoch &&
      proof.lease === live.lease &&
      proof.agent_id === live.agent_id;
    if (settlement.kind === 'settled' && !current) throw new Error(`a ${which} report of ${what} was taken`);
    if (settlement.kind === 'settled' && isChanged(settlement.draft)) await this.#write(settlement.draft);
  }

  async #lose(agentId: AgentId | undefined): Promise<void> {
    for (const record of await this.#all()) {
      if (record.live.agent_id !== agentId || !isHeld(record.state)) continue;
      const error = { code: 'AGENT_LOST', message: 'gone' };
      await this.#write(loseAttempt(openDraft(record), { error, actor: 'world' }, this.#nowMs));
    }
  }

  async #command({ kind, task: index, command }: Happening & { kind: 'cancel' | 'retry' }): Promise<void> {
    const record = await this.#record(index);
    if (record === undefined) return;
    const order = { id: `${kind} ${command}`, by: 'person', reason: 'so' };
    const decision =
      kind === 'cancel'
        ? decideCancel(record, order, this.#nowMs)
        : decideRetry(record, order, await this.#states(), this.#nowMs);
    if (decision.kind === 'obeyed') await this.#write(decision.draft);
  }

  async #resolve(taskId: TaskId | undefined): Promise<void> {
    const record = taskId === undefined ? undefined : await this.#store.record(taskId);
    if (record === undefined) return;
    const draft = resolveDependencies(record, await this.#states(), this.#nowMs);
    if (draft !== undefined) await this.#write(draft);
  }

  /** Whoever judges a claim comes to its end, and the task is told. */
  async #judge({ task: index, agent: agentIndex, how }: Happening & { kind: 'judge' }): Promise<void> {
    const record = await this.#record(index);
    const judgeId = record?.live.judged_by;
    const judge = judgeId === undefined ? undefined : await this.#store.record(judgeId);
    const agentId = this.agents[agentIndex];
    if (record === undefined || judge === undefined || agentId === undefined) return;
    if (judge.spec.excluded_agent !== record.live.agent_id) throw new Error('it may judge its own work');
    const result = { approved: how === 'approve' };
    if (how === 'cancel') {
      const decision = decideCancel(judge, { id: 'judge', by: 'person', reason: 'so' }, this.#nowMs);
      if (decision.kind === 'obeyed') await this.#write(decision.draft);
    } else if (judge.state === 'ready') {
      const lease = `lease ${this.#nowMs}`;
      const periods = { leaseMs: 10_000, startTimeoutMs: 30_000 };
      const given = { agentId, lease, dependencyResults: {}, nowMs: this.#nowMs, ...periods };
      if ((await this.#write(assign(openDraft(judge), given))) !== 'applied') return;
      const held = await this.#store.record(judge.task_id);
      if (held === undefined) throw new Error('the judging task is gone');
      const proof = { task_id: held.task_id, agent_id: agentId, epoch: held.epoch, lease };
      const report = { type: 'report.completed.v1', payload: { ...proof, result } } as Report;
      const settlement = settleReport(openDraft(held), report, this.moment);
      if (settlement.kind !== 'settled') throw new Error(`a verdict was ${settlement.kind}`);
      await this.#write(settlement.draft);
    }
    const ended = await this.#store.record(judge.task_id);
    if (ended === undefined || !isTerminal(ended.state)) return;
    const claim = await this.#store.claim(record.task_id);
    await this.#write(settleJudgement(record, claim, { record: ended, result }, this.moment));
  }

  /** A write is made again: by a call whose answer was lost, or by a router that knows nothing of it. */
  async #again({ back, sameOp }: Happening & { kind: 'again' }): Promise<void> {
    const written = this.#written.at(-1 - back);
    if (written === undefined) return;
    const { draft, blockedBy } = written;
    const before = await this.#store.record(draft.record.task_id);
    const op = sameOp ? written.op : `${this.#term}-again-${this.#nowMs}`;
    const verdict = await this.#store.write(draft, { op, term: this.#term, blockedBy });
    const now = await this.#store.record(draft.record.task_id);
    const isLast = written.applied && before?.seq === draft.record.seq;
    if (sameOp && isLast && verdict !== 'applied') throw new Error(`its repetition answers ${verdict}`);
    // A write that was refused at first (no slot) may go well now; one that was written must change nothing.
    if (verdict !== 'applied' && verdict !== 'unblocks') {
      if (JSON.stringify(before) !== JSON.stringify(now))
        throw new Error('a refused write changed the record');
    } else if (JSON.stringify(before) !== JSON.stringify(now)) {
      if (before !== undefined && before.seq !== draft.before?.seq) throw new Error('a write was done twice');
      this.#accept(draft);
    }
  }

  async #takeover(late: boolean): Promise<void> {
    const old = this.#term;
    this.#term = await this.#store.newTerm();
    const written = this.#written.at(-1);
    if (!late || written === undefined) return;
    const { draft, blockedBy } = written;
    const verdict = await this.#store.write(draft, { op: 'late', term: old, blockedBy });
    if (verdict !== 'not-leader') throw new Error(`a router of an old term wrote: ${verdict}`);
  }
}

/** What must hold of a task's history, whatever happened. */
export function checkHistory(record: TaskRecord, history: readonly TaskHistoryEntry[]): void {
  const fail = (what: string): never => {
    throw new Error(
      `${record.task_id}: ${what}: ${history.map(({ from, to }) => `${from}>${to}`).join(' ')}`,
    );
  };
  let state: TaskState | 'none' = 'none';
  let epoch = 0;
  let seq = 0;
  for (const entry of history) {
    if (entry.from !== state) fail(`a step from ${entry.from} although it was ${state}`);
    if (entry.seq <= seq) fail('sequence numbers that do not rise');
    if (entry.epoch < epoch) fail('an epoch that falls');
    if (entry.to === 'assigned' && entry.epoch <= epoch) fail('an assignment without a higher epoch');
    ({ to: state, epoch, seq } = entry);
  }
  if (state !== record.state) fail(`the record says ${record.state}`);
  if (record.seq < seq) fail('the record is behind its history');
  if (history.filter(({ to }) => to === 'completed').length > 1) fail('completed twice');
}
