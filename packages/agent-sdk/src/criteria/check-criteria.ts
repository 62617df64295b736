// What a task's criteria find in a workspace once the work is done: the evidence an agent sends with its claim.
//
// V1 It is checked by whoever runs the agent, never by the command that did the work (section 4a of the design).
// V2 A check that cannot be made is one that is not met, with the reason; nothing here throws for what it finds.
import { type CriterionEvidence, FOUND_CHARS_MAX, type SuccessCriteria } from '@nova-torch/protocol';
import type { AgentLogger } from '../logger.ts';
import { checkCommand } from './check-command.ts';
import { checkFile } from './check-file.ts';

export interface Finding {
  readonly met: boolean;
  /** What was found, in a sentence. */
  readonly found: string;
  /** The end of what a command printed. */
  readonly output?: string;
}

export interface CheckContext {
  /** The directory the work was done in. */
  readonly workspace: string;
  /** What a check command finds in its environment. */
  readonly environment: Record<string, string>;
  /** Marks every process of the check; see command/process-tree.ts. */
  readonly runId: string;
  /** Aborted: the task is over, no evidence is wanted any more. */
  readonly signal: AbortSignal;
  /** Told of the process group of a check command, so that it ends with the host. */
  readonly guard?: { watch(pid: number): void; forget(pid: number): void } | undefined;
  readonly logger: AgentLogger;
}

/** Checks files in their order, then the command. Resolves with one entry for each, whatever is found. */
export async function checkCriteria(
  { files = [], command }: Pick<SuccessCriteria, 'files' | 'command'>,
  context: CheckContext,
): Promise<CriterionEvidence[]> {
  const evidence: CriterionEvidence[] = [];
  for (const [index, file] of files.entries()) {
    evidence.push(await entryOf(`files/${index}`, () => checkFile(file, context)));
  }
  if (command !== undefined) evidence.push(await entryOf('command', () => checkCommand(command, context)));
  return evidence;
}

async function entryOf(criterion: string, check: () => Promise<Finding>): Promise<CriterionEvidence> {
  const begunAt = performance.now();
  const { met, found, output } = await check().catch((error: unknown) => ({
    met: false,
    found: `it could not be checked: ${error instanceof Error ? error.message : String(error)}`,
    output: undefined,
  }));
  return {
    criterion,
    met,
    found: found.length > FOUND_CHARS_MAX ? `${found.slice(0, FOUND_CHARS_MAX - 1)}…` : found,
    ...(output === undefined || output === '' ? {} : { output }),
    duration_ms: Math.round(performance.now() - begunAt),
  };
}
