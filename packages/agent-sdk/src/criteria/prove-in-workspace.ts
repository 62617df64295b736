import { randomBytes } from 'node:crypto';
import type { CriterionEvidence, SuccessCriteria } from '@nova-torch/protocol';
import { checkEnvironment } from '../command/child-environment.ts';
import type { TaskContext } from '../task-context.ts';
import { checkCriteria } from './check-criteria.ts';

/** Makes the evidence for a task's claim of completion; see checkCriteria. */
export type Prove = (
  criteria: SuccessCriteria,
  context: Pick<TaskContext, 'signal' | 'logger'>,
) => Promise<CriterionEvidence[]>;

export interface WorkspaceOptions {
  /** The directory the work is done in. */
  readonly workspace: string;
  /** Of it a check command gets what is not the platform's. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Values no check command may see. */
  readonly secrets: readonly string[];
}

/** The checks of an agent that does its work in its own process. */
export function proveInWorkspace({ workspace, environment, secrets }: WorkspaceOptions): Prove {
  return (criteria, { signal, logger }) => {
    const runId = randomBytes(16).toString('hex');
    return checkCriteria(criteria, {
      workspace,
      environment: checkEnvironment(environment, secrets, runId),
      runId,
      signal,
      logger,
    });
  };
}
