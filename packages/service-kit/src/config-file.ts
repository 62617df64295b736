// A file of settings in YAML: read, checked whole by a schema, every problem told by its path.
import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import type { z } from 'zod';
import { ConfigError } from './env.ts';

/** The file cannot be used; the message lists every problem with its path. */
export class ConfigFileError extends ConfigError {
  constructor(file: string, problems: readonly { readonly path: string; readonly problem: string }[]) {
    super(
      problems.map(({ path, problem }) => ({
        variable: '',
        given: undefined,
        expected: path === '' ? `${file}: ${problem}` : `${file}: ${path}: ${problem}`,
      })),
    );
    this.name = 'ConfigFileError';
  }
}

/**
 * What a file says, by its schema; without a file what the schema makes of nothing. An empty file is one that says
 * nothing. Throws ConfigFileError, also when the file cannot be read.
 */
export function loadConfigFile<S extends z.ZodType>(file: string | undefined, schema: S): z.output<S> {
  if (file === undefined) return schema.parse({});
  const document = parseDocument(readText(file));
  const broken = document.errors.map(({ message }) => message.split('\n', 1)[0] ?? message);
  if (broken.length > 0) {
    throw new ConfigFileError(
      file,
      broken.map((problem) => ({ path: '', problem: problem.replace(/:$/, '') })),
    );
  }
  const parsed = schema.safeParse(document.toJS() ?? {});
  if (parsed.success) return parsed.data;
  throw new ConfigFileError(
    file,
    parsed.error.issues.map(({ path, message }) => ({ path: path.map(String).join('.'), problem: message })),
  );
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigFileError(file, [
      { path: '', problem: error instanceof Error ? error.message : String(error) },
    ]);
  }
}
