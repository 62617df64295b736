// How the values of options are read; commander shows what an InvalidArgumentError says.
import { InvalidArgumentError } from 'commander';

/** An option that may be repeated. */
export const collect = (value: string, before: string[]): string[] => [...before, value];

/** `name=value`, which may be repeated. */
export function keyValue(value: string, before: Record<string, string>): Record<string, string> {
  const at = value.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('it must be name=value.');
  return { ...before, [value.slice(0, at)]: value.slice(at + 1) };
}
