// What a line of a command's standard output means. Pure.
import type { ProgressUpdate } from '../domain/reports.ts';
import type { OutputLine } from './output-lines.ts';

export type Spoken =
  | { readonly kind: 'progress'; readonly update: ProgressUpdate }
  | { readonly kind: 'result'; readonly result: unknown }
  | { readonly kind: 'log' };

const LOG: Spoken = { kind: 'log' };

/**
 * Two forms are taken, each as one line: {"type":"progress","percent":…,"step":…,"message":…} and
 * {"type":"result","result":…}. Anything else is log, also JSON that is nearly one of them.
 */
export function readLine({ text, cut }: OutputLine): Spoken {
  if (cut || !text.trimStart().startsWith('{')) return LOG;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return LOG;
  }
  if (typeof value !== 'object' || value === null) return LOG;
  const spoken = value as Record<string, unknown>;
  if (spoken.type === 'result' && 'result' in spoken) return { kind: 'result', result: spoken.result };
  if (spoken.type !== 'progress') return LOG;
  const { percent, step, message } = spoken;
  return {
    kind: 'progress',
    update: {
      ...(typeof percent === 'number' ? { percent } : {}),
      ...(typeof step === 'string' ? { step } : {}),
      ...(typeof message === 'string' ? { message } : {}),
    },
  };
}
