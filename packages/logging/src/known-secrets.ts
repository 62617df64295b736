import { isSecretName } from './redact.ts';

/**
 * The values of an environment, parsed or as it came, that must not reach a log in whatever words: of its secret variables, of the
 * headers for the collector, and the broker's password.
 */
export function knownSecrets(env: Readonly<Record<string, unknown>>): string[] {
  const found = new Set<string>();
  const add = (value: unknown): void => {
    if (typeof value === 'string' && value !== '') found.add(value);
  };
  for (const [name, value] of Object.entries(env)) {
    if (name === 'OTEL_EXPORTER_OTLP_HEADERS') valuesOfHeaders(value).forEach(add);
    else if (typeof value !== 'string') continue;
    else if (name === 'NOVA_BROKER_URL') add(passwordOf(value));
    else if (isSecretName(name) && !name.endsWith('_FILE')) add(value);
  }
  return [...found];
}

function passwordOf(url: string): string | undefined {
  return decoded(URL.parse(url)?.password ?? '');
}

/** Of a parsed variable, or of its text, `name=value` between commas. */
function valuesOfHeaders(headers: unknown): unknown[] {
  if (typeof headers !== 'string') return Object.values(headers ?? {});
  return headers.split(',').map((pair) => decoded(pair.slice(pair.indexOf('=') + 1).trim()));
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
