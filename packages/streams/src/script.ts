import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Arg, Reply } from './replies.ts';

/** A Lua script of the server, with the function that reads its answer. */
export interface Script<R> {
  readonly name: string;
  readonly source: string;
  readonly sha: string;
  readonly parse: (reply: Reply) => R;
}

/** The keys and arguments of one call. All keys share one hash tag. */
export interface ScriptInput {
  readonly keys: readonly string[];
  readonly args: readonly Arg[];
}

/** Parts every script's header has: what it does, what it takes and returns, and why a repeat changes nothing. */
export const SCRIPT_HEADER_PARTS = ['Purpose', 'KEYS', 'ARGV', 'Returns', 'Guard'] as const;

/**
 * Defines a script from its .lua file, read once, at import. Throws if the file cannot be read.
 *
 * @param parse reads the raw answer; what it throws rejects the call
 */
export function defineScript<R>(definition: {
  readonly name: string;
  readonly file: URL;
  readonly parse: (reply: Reply) => R;
}): Script<R> {
  const source = readFileSync(definition.file, 'utf8');
  const sha = createHash('sha1').update(source).digest('hex');
  return { name: definition.name, source, sha, parse: definition.parse };
}
