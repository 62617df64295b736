// Secrets as files: `X_FILE` names a file whose content is the value of X. What orchestrators mount is not seen by
// `docker inspect`, nor by what a process hands on to its children.
import { readFileSync } from 'node:fs';

/** Why a `_FILE` variable cannot be used. */
export interface FileVariableProblem {
  readonly variable: string;
  readonly given: string;
  readonly expected: string;
}

/** An environment with the values from files in their places, and what was wrong. */
export interface FileVariables {
  readonly env: Record<string, string | undefined>;
  readonly problems: readonly FileVariableProblem[];
}

/**
 * Replaces `X_FILE` by X, the trimmed content of that file, for each X of `names`. An empty variable counts as not set.
 * A file that cannot be read or is empty, and X set beside `X_FILE`, are problems; their values are never told.
 */
export function readFileVariables(
  source: Readonly<Record<string, string | undefined>>,
  names: readonly string[],
): FileVariables {
  const env = { ...source };
  const problems: FileVariableProblem[] = [];
  for (const name of names) {
    const variable = `${name}_FILE`;
    const file = source[variable];
    if (!file) continue;
    delete env[variable];
    const refuse = (expected: string): void => void problems.push({ variable, given: file, expected });
    if (source[name]) {
      refuse(`either ${name} or ${variable}, not both`);
      continue;
    }
    const value = contentOf(file);
    if (value instanceof Error) refuse(`a file that can be read: ${value.message}`);
    else if (value === '') refuse('a file that holds a value: it is empty');
    else env[name] = value;
  }
  return { env, problems };
}

function contentOf(file: string): string | Error {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
