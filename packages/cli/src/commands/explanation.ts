// How the routing of a task is told to people.
import type { PassOverReason, ScoredCandidate, TaskDecision, TaskExplanation } from '@nova-torch/protocol';
import { tableLines } from '../output.ts';

const REASONS: Readonly<Record<PassOverReason, string>> = {
  other_role: 'of another role',
  missing_skill: 'without a required skill',
  affinity: 'without a required label',
  anti_affinity: 'with a label to be avoided',
  excluded: 'excluded from this task',
  spread: 'with a task it is kept apart from',
  not_alive: 'cannot take tasks now',
  resting: 'given nothing for now',
  no_free_slot: 'without a free slot',
};

const indented = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);
const share = (value: number): string => value.toFixed(2);

/** Why the agents of a task were chosen and why it waits, as lines. */
export function explanationLines({
  task_id,
  status,
  attempt,
  waiting,
  decisions,
  found,
}: TaskExplanation): string[] {
  const lines = [`${task_id}  ${status}, attempt ${attempt}`];
  if (found !== undefined) lines.push(foundLine(found));
  if (waiting !== undefined) lines.push('', ...waitingLines(waiting));
  for (const decision of decisions) lines.push('', ...decisionLines(decision));
  if (waiting === undefined && decisions.length === 0) lines.push('', 'It was given to no agent.');
  return lines;
}

function foundLine({ role, skills = [] }: NonNullable<TaskExplanation['found']>): string {
  const wishes = [...(role === undefined ? [] : [`the role ${role}`]), ...skills];
  return `Its text asks for ${wishes.join(', ')}: preferred, not required.`;
}

function waitingLines(waiting: NonNullable<TaskExplanation['waiting']>): string[] {
  const { reason, line, dependencies = [], candidates = [], passed_over = [], unknown = [] } = waiting;
  const lines = [`It waits for ${reason}.`];
  for (const { field, name, did_you_mean } of unknown) {
    const what = field === 'role' ? 'role' : 'skill';
    const meant = did_you_mean === undefined ? '' : ` Did you mean ${did_you_mean}?`;
    lines.push(`No agent has the ${what} ${name}.${meant}`);
  }
  if (line !== undefined) lines.push(`${line.ahead} of ${line.waiting} tasks of its line go before it.`);
  if (dependencies.length > 0) {
    const rows = dependencies.map((one) => [one.task_id, one.status]);
    lines.push('', ...indented(tableLines(['depends on', 'status'], rows, '')));
  }
  if (candidates.length > 0) lines.push('', ...indented(candidateLines(candidates)));
  if (passed_over.length > 0) {
    const rows = passed_over.map((group) => {
      const what = group.what === undefined ? '' : `: ${group.what}`;
      const others = group.count > group.agent_ids.length ? ' …' : '';
      return [
        String(group.count),
        `${REASONS[group.reason]}${what}`,
        `${group.agent_ids.join(' ')}${others}`,
      ];
    });
    lines.push('', ...indented(tableLines(['agents', 'why not', 'which'], rows, '')));
  }
  return lines;
}

function decisionLines(decision: TaskDecision): string[] {
  const { attempt, at_ms, agent_id, strategy, weights, scored, candidates } = decision;
  const lines = [
    `Attempt ${attempt} went to ${agent_id} at ${new Date(at_ms).toISOString()}:`,
    `  ${scored} scored by ${strategy} (weights: skill ${weights.skill}, performance ${weights.performance}, availability ${weights.availability}, context ${weights.context})`,
    ...indented(candidateLines(candidates)),
  ];
  if (decision.batch !== undefined) lines.push(`  ${batchText(decision.batch)}`);
  if (decision.crowded) lines.push('  every candidate had a task it should be kept apart from');
  const counts = passedOverTexts(decision.passed_over);
  if (counts.length > 0) lines.push(`  not among them: ${counts.join(', ')}`);
  return lines;
}

function batchText({ best_agent_id, given_to, tasks, reason }: NonNullable<TaskDecision['batch']>): string {
  const why =
    reason === 'only_agent'
      ? 'no other agent could take that one'
      : `the best for the ${tasks} tasks given away together`;
  return `its best-scored agent ${best_agent_id} went to ${given_to}: ${why}`;
}

function passedOverTexts({ missing_skill = {}, ...counts }: TaskDecision['passed_over']): string[] {
  const texts = Object.entries(counts).map(
    ([reason, count]) => `${count} ${REASONS[reason as keyof typeof counts]}`,
  );
  return [...texts, ...Object.entries(missing_skill).map(([skill, count]) => `${count} without ${skill}`)];
}

function candidateLines(candidates: readonly ScoredCandidate[]): string[] {
  const rows = candidates.map(({ agent_id, score, factors }) => [
    agent_id,
    share(score),
    share(factors.skill),
    share(factors.performance),
    share(factors.availability),
    share(factors.context),
  ]);
  return tableLines(['agent', 'score', 'skill', 'performance', 'availability', 'context'], rows, '');
}
