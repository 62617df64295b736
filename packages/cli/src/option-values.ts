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

const UNIT_S = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** A span such as 90, 90s, 5m, 2h or 1d, in seconds. */
export function span(value: string): number {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)([smhd])?$/.exec(value) ?? [];
  if (number === undefined) throw new InvalidArgumentError('it must be a span such as 90s, 5m, 2h or 1d.');
  return Number(number) * UNIT_S[unit as keyof typeof UNIT_S];
}

/** An instant such as 2026-12-24T18:00:00Z, as ISO 8601; without an offset it is local time. */
export function instant(value: string): string {
  const ms = /^\d{4}-\d\d-\d\d/.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(ms)) throw new InvalidArgumentError('it must be a time such as 2026-12-24T18:00:00Z.');
  return new Date(ms).toISOString();
}
