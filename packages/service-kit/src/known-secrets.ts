import { readFileSync } from 'node:fs';
import { parseOtlpHeaders } from '@nova-torch/tracing';
import { isSecretName } from './redact.ts';

/** A shorter value would be found by accident. */
const CHARS_MIN = 6;
/** A file with more is no secret of one line. */
const CHARS_MAX = 4_096;
const FILE_VARIABLE = /^NOVA_.*_FILE$/;

/**
 * The values of an environment that must not reach a log in whatever words: what stands in its secret variables and in the
 * files its secret `NOVA_*_FILE` variables name, and the broker's password. A file that cannot be read has none: whoever needs it says so.
 */
export function knownSecrets(env: Readonly<Record<string, unknown>>): string[] {
  const found = new Set<string>();
  const add = (value: string | undefined): void => {
    if (value !== undefined && value.length >= CHARS_MIN && value.length <= CHARS_MAX) found.add(value);
  };
  for (const [name, value] of Object.entries(env)) {
    if (name === 'OTEL_EXPORTER_OTLP_HEADERS') {
      for (const header of Object.values((value ?? {}) as Record<string, string>)) add(header);
    } else if (typeof value !== 'string') continue;
    else if (name === 'NOVA_BROKER_URL') add(decodeURIComponent(URL.parse(value)?.password ?? ''));
    else if (FILE_VARIABLE.test(name)) for (const secret of secretsIn(name, value)) add(secret);
    else if (isSecretName(name)) add(value);
  }
  return [...found];
}

function secretsIn(name: string, file: string): string[] {
  if (!isSecretName(name.replace(/_FILE$/, ''))) return [];
  try {
    const text = readFileSync(file, 'utf8').trim();
    return name === 'NOVA_OTLP_HEADERS_FILE' ? Object.values(parseOtlpHeaders(text) ?? {}) : [text];
  } catch {
    return [];
  }
}
