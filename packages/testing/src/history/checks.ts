// What must hold in every history, one function each. Each returns what contradicts it, as sentences.
import { type History, isAccepted, lastEnd, type TaskHistory } from './history.ts';

/** Something in a history that must not be. */
export interface Finding {
  readonly taskId?: string;
  readonly what: string;
}

export interface CheckOptions {
  /** How far the clocks of those who recorded may differ, in ms. */
  readonly clockSkewMs: number;
}

type Check = (history: History, options: CheckOptions) => Finding[];
type TaskCheck = (task: TaskHistory, history: History, options: CheckOptions) => string[];

const perTask =
  (check: TaskCheck): Check =>
  (history, options) =>
    [...history.tasks.values()].flatMap((task) =>
      check(task, history, options).map((what) => ({ taskId: task.taskId, what })),
    );

/** An accepted task ends, and ends once. One whose submission got no answer may be missing; if it is there, it ends. */
const endsOnce = perTask((task) => {
  const { submits, holds, ends } = task;
  if (submits.length === 0) return [];
  const [first, ...more] = ends;
  if (first === undefined) {
    if (isAccepted(task)) return ['lost: it was accepted and never ended'];
    return holds.length > 0 ? ['it was begun and never ended'] : [];
  }
  return more.map(
    ({ state, at_ms }) => `ended again: ${state} at ${at_ms} after ${first.state} at ${first.at_ms}`,
  );
});

/** There is no task that nobody asked for, none of a refused request, and not two of one request. */
const onlyWhatWasAsked: Check = ({ tasks }) => {
  const byKey = new Map<string, Set<string>>();
  const findings: Finding[] = [];
  for (const { taskId, submits, ends, holds } of tasks.values()) {
    const exists = ends.length > 0 || holds.length > 0;
    if (exists && submits.length === 0) findings.push({ taskId, what: 'nobody submitted it' });
    if (exists && submits.length > 0 && submits.every(({ answer }) => answer === 'fail'))
      findings.push({ taskId, what: 'its submission was refused, and yet it exists' });
    for (const { key, answer } of submits) {
      if (answer === 'fail') continue;
      const ids = byKey.get(key) ?? new Set();
      byKey.set(key, ids.add(taskId));
    }
  }
  for (const [key, ids] of byKey)
    if (ids.size > 1)
      findings.push({ what: `request ${key} became ${ids.size} tasks: ${[...ids].join(', ')}` });
  return findings;
};

/** What the platform took from an agent belongs to the assignment under which it took it. */
const noStaleEpoch = perTask(({ work, holds, ends }) => {
  const found: string[] = [];
  for (const { kind, answer, epoch, taken_epoch, agent_id, run } of work) {
    if (answer !== 'ok') continue;
    if (taken_epoch !== undefined && taken_epoch !== epoch)
      found.push(`a ${kind} of epoch ${epoch} (run ${run}) was taken under epoch ${taken_epoch}`);
    const held = holds.some(
      (one) => one.kind === 'assign' && one.epoch === epoch && one.agent_id === agent_id,
    );
    if (!held) found.push(`a ${kind} of ${agent_id} was taken; it never had the task under epoch ${epoch}`);
  }
  for (const { state, run, epoch } of ends) {
    if (state !== 'completed' || run === undefined) continue;
    const origin = work.find((one) => one.run === run);
    if (origin === undefined) found.push(`it shows the result of run ${run}, which no agent made`);
    else if (origin.epoch !== epoch)
      found.push(`it shows the result of epoch ${origin.epoch} (run ${run}); it ended under epoch ${epoch}`);
  }
  return found;
});

/** At any moment at most one agent holds the task, under an epoch that only rises; one assignment is begun once. */
const oneOwner = perTask(({ holds, work }) => {
  const found: string[] = [];
  let [holder, highest] = ['', 0];
  let isHeld = false;
  for (const event of holds) {
    if (event.kind === 'release') {
      isHeld = false;
      continue;
    }
    if (event.answer !== 'ok') continue;
    if (isHeld) found.push(`given to ${event.agent_id} while ${holder} held it`);
    if (event.epoch <= highest) found.push(`epoch ${event.epoch} was given after epoch ${highest}`);
    [holder, highest, isHeld] = [event.agent_id, Math.max(highest, event.epoch), true];
  }
  const starts = work.filter(({ kind }) => kind === 'start');
  for (const [epoch, runs] of Map.groupBy(starts, (start) => start.epoch))
    if (runs.length > 1) found.push(`its assignment of epoch ${epoch} was begun ${runs.length} times`);
  return found;
});

/** At most one result of a task is taken as its completion. */
const oneResult = perTask(({ ends, work }) => {
  const shown = ends.filter(({ state }) => state === 'completed').flatMap(({ run }) => run ?? []);
  const taken = work.filter(
    ({ kind, answer, outcome }) => kind === 'result' && answer === 'ok' && outcome === 'completed',
  );
  const runs = new Set([...shown, ...taken.map(({ run }) => run)]);
  return runs.size > 1 ? [`${runs.size} results were accepted: runs ${[...runs].join(', ')}`] : [];
});

/** A task begins only after every task it depends on was completed. */
const dependenciesFirst = perTask(({ submits, work }, { tasks }, { clockSkewMs }) => {
  const begun = work.find(({ kind }) => kind === 'start');
  if (begun === undefined) return [];
  return [...new Set(submits.flatMap(({ dependencies }) => dependencies))].flatMap((id) => {
    const { ends = [], lostEnds = [] } = tasks.get(id) ?? {};
    // It may have been completed again after the broker lost that: the first time counts.
    const [end] = [...lostEnds, ...ends]
      .filter(({ state }) => state === 'completed')
      .sort((a, b) => a.at_ms - b.at_ms);
    if (end === undefined) return [`it was begun though ${id} was never completed`];
    const earlyMs = end.at_ms - begun.at_ms;
    return earlyMs > clockSkewMs ? [`it was begun ${earlyMs} ms before ${id} was completed`] : [];
  });
});

/** Nothing begins after its deadline. */
const noLateStart = perTask(({ submits, work }, _, { clockSkewMs }) => {
  const deadlines = submits.flatMap(({ deadline_ms }) => deadline_ms ?? []);
  return work
    .filter(({ kind }) => kind === 'start')
    .flatMap(({ at_ms, agent_id }) =>
      deadlines
        .filter((deadline) => at_ms > deadline + clockSkewMs)
        .map((deadline) => `${agent_id} began it ${at_ms - deadline} ms after its deadline`),
    );
});

/** A cancel that was confirmed holds: the task ended as cancelled. One that got no answer may hold or not. */
const cancelHolds = perTask((task) => {
  const end = lastEnd(task);
  return task.cancels
    .filter(({ answer }) => answer === 'ok' && end !== undefined && end.state !== 'cancelled')
    .map(() => `its cancel was confirmed, and it ended as ${end?.state}`);
});

/** Every dead letter says why. */
const deadLetterReason: Check = ({ deadLetters }) =>
  deadLetters
    .filter(({ reason }) => reason.trim() === '')
    .map(({ stream, entry_id }) => ({ what: `${stream} ${entry_id} has no reason` }));

/** Every check by its name, in the order of the report. */
export const CHECKS = {
  'an accepted task ends exactly once': endsOnce,
  'there is nothing nobody asked for': onlyWhatWasAsked,
  'nothing is taken under a stale epoch': noStaleEpoch,
  'a task has at most one owner at a time': oneOwner,
  'at most one result of a task is accepted': oneResult,
  'dependencies come before dependents': dependenciesFirst,
  'nothing begins after its deadline': noLateStart,
  'a confirmed cancel holds': cancelHolds,
  'every dead letter has a reason': deadLetterReason,
} as const satisfies Record<string, Check>;
export type CheckName = keyof typeof CHECKS;
