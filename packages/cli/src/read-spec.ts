import { readFileSync } from 'node:fs';
import { CliError } from './exit-codes.ts';

/** A task as JSON from a file, `-` for stdin; throws CliError. The gateway checks what is in it. */
export const readSpec = (file: string): Record<string, unknown> => readJson(file, 'a task');

/** A JSON object from a file, or from stdin for `-`; throws CliError, which says `what` it was to be. */
export function readJson(file: string, what: string): Record<string, unknown> {
  try {
    const spec: unknown = JSON.parse(readFileSync(file === '-' ? 0 : file, 'utf8'));
    if (typeof spec === 'object' && spec !== null && !Array.isArray(spec))
      return spec as Record<string, unknown>;
    throw new Error('it is not a JSON object');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError('usage', `cannot read ${what} from ${file}: ${reason}`);
  }
}
