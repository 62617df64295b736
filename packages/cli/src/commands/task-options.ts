import { readFileSync } from 'node:fs';
import { CliError } from '../exit-codes.ts';

/** Options that say what a task is. */
export interface TaskOptions {
  file?: string;
  title?: string;
  description?: string;
  type?: string;
  role?: string;
  skill: string[];
}

/** The task that a file, and options over it, describe. Throws CliError when the file cannot be read or no title is given. */
export function taskOf(options: TaskOptions): Record<string, unknown> & { title: unknown } {
  const spec: Record<string, unknown> = options.file ? readJson(options.file, 'a task') : {};
  const set = (name: string, value: unknown, given: boolean) => {
    if (given) spec[name] = value;
  };
  set('title', options.title, options.title !== undefined);
  set('description', options.description, options.description !== undefined);
  set('task_type', options.type, options.type !== undefined);
  set('role', options.role, options.role !== undefined);
  set('required_skills', options.skill, options.skill.length > 0);
  if (spec.title === undefined)
    throw new CliError('usage', 'a task needs a title', 'Give --title, or a file with --file.');
  return { ...spec, title: spec.title };
}

/** A JSON object from a file, or from stdin for `-`. Throws CliError. */
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
