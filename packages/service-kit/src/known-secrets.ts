import { isSecretName } from './redact.ts';

/** A shorter value would be found by accident. */
const CHARS_MIN = 6;

/**
 * The values of an environment that must not reach a log in whatever words: of its secret variables, wherever they came from, of
 * the headers for the collector, and the broker's password.
 */
export function knownSecrets(env: Readonly<Record<string, unknown>>): string[] {
  const found = new Set<string>();
  const add = (value: unknown): void => {
    if (typeof value === 'string' && value.length >= CHARS_MIN) found.add(value);
  };
  for (const [name, value] of Object.entries(env)) {
    if (name === 'OTEL_EXPORTER_OTLP_HEADERS') Object.values(value ?? {}).forEach(add);
    else if (typeof value !== 'string') continue;
    else if (name === 'NOVA_BROKER_URL') add(passwordOf(value));
    else if (isSecretName(name) && !name.endsWith('_FILE')) add(value);
  }
  return [...found];
}

function passwordOf(url: string): string | undefined {
  try {
    return decodeURIComponent(URL.parse(url)?.password ?? '');
  } catch {
    return undefined;
  }
}
