// What is known of a task's success criteria when an agent claims its completion (invariant I10).
//
// K1. Exit code and result schema are judged here; what lies in the workspace by the evidence that came with the claim.
// K2. A criterion nobody has looked at is not met: a claim is no proof. Another agent looks at what the claim brings no
//     evidence of where the task says so, and at the work itself (judging.ts).
import {
  type CriterionEvidence,
  ERROR_MESSAGE_CHARS_MAX,
  FOUND_CHARS_MAX,
  faultsOfResult,
  needsWorkspace,
  type SuccessCriteria,
  type TaskError,
} from '@nova-torch/protocol';

/** What an agent says besides its result. */
export interface Claim {
  readonly result?: unknown;
  readonly exit_code?: number | undefined;
  readonly evidence?: readonly CriterionEvidence[] | undefined;
}

const NONE: CriterionEvidence[] = [];

/**
 * One entry for each criterion of the task that can be judged now, in the order of its contract; none for a task without.
 */
export function judgeCriteria(criteria: SuccessCriteria, claim: Claim): CriterionEvidence[] {
  const { exit_code: wanted, result_schema: schema, files, command } = criteria;
  if (wanted === undefined && schema === undefined && files === undefined && command === undefined)
    return NONE;
  return [
    ...(wanted === undefined ? [] : [judgeExitCode(wanted, claim.exit_code)]),
    ...(schema === undefined ? [] : [judgeResult(schema, claim.result)]),
    ...(needsCheck(criteria, claim) ? [] : judgeWorkspace(criteria, claim)),
  ];
}

/** One entry for each criterion that is checked in a workspace, by the evidence. */
export function judgeWorkspace({ files = [], command }: SuccessCriteria, claim: Claim): CriterionEvidence[] {
  return [
    ...files.map(({ path }, index) => evidenceFor(`files/${index}`, path, claim)),
    ...(command === undefined ? [] : [evidenceFor('command', 'the check command', claim)]),
  ];
}

/** Whether another agent is to look into its workspace, because the one that claims has no host that does. */
export const needsCheck = (criteria: SuccessCriteria, { evidence }: Claim): boolean =>
  criteria.verified_by !== undefined && evidence === undefined && needsWorkspace(criteria);

/** The error of an attempt some of whose criteria are not met, naming each; undefined when all are. */
export function unmetError(evidence: readonly CriterionEvidence[]): TaskError | undefined {
  const unmet = evidence.filter(({ met }) => !met);
  if (unmet.length === 0) return undefined;
  const message = unmet.map(({ criterion, found }) => `${criterion}: ${found}`).join('; ');
  return { code: 'CRITERIA_NOT_MET', message: cut(message, ERROR_MESSAGE_CHARS_MAX) };
}

function judgeExitCode(wanted: number, got: number | undefined): CriterionEvidence {
  const found = got === undefined ? 'no exit code was reported' : `it was ${got}`;
  return {
    criterion: 'exit_code',
    met: got === wanted,
    found: got === wanted ? found : `the exit code must be ${wanted}; ${found}`,
  };
}

function judgeResult(schema: SuccessCriteria['result_schema'], result: unknown): CriterionEvidence {
  const criterion = 'result_schema';
  if (result === undefined) return { criterion, met: false, found: 'no result was reported' };
  const faults = faultsOfResult(schema, result);
  if (faults.length === 0) return { criterion, met: true, found: 'the result satisfies the schema' };
  return { criterion, met: false, found: cut(`the result: ${faults.join(', ')}`, FOUND_CHARS_MAX) };
}

function evidenceFor(criterion: string, what: string, { evidence }: Claim): CriterionEvidence {
  const sent = evidence?.filter((one) => one.criterion === criterion) ?? [];
  // Two that contradict each other prove nothing.
  const [entry] = sent.toSorted((a, b) => Number(a.met) - Number(b.met));
  if (entry !== undefined) return entry;
  const found =
    evidence === undefined
      ? `${what} was not checked: this agent has no workspace in which it can prove it`
      : `${what} was not checked: the agent sent no evidence of it`;
  return { criterion, met: false, found: cut(found, FOUND_CHARS_MAX) };
}

/** At most `max` characters of it. */
export const cut = (text: string, max: number): string =>
  text.length > max ? `${text.slice(0, max - 1)}…` : text;
