/** What stands where a secret was. */
export const REDACTED = '[redacted]';

const URL_PASSWORD = /([a-z][a-z0-9+.-]{0,20}:\/\/[^\s/:@"'\\]*):[^\s/"'\\]+@/gi;
const BEARER = /\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi;
const AGENT_TOKEN = /\b(agent-\d+-[0-9a-f]{32})\.[A-Za-z0-9_-]{16,}/g;
const SECRET_WORD =
  'password|passwd|secret|token|authorization|cookie|api[_-]?key|admin[_-]?key|private[_-]?key|credentials?';
// A key the gateway has made for itself.
const ADMIN_KEY = /\bnova_[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])/g;
// A JSON member whose name ends in a secret's name and whose value is a string.
const SECRET_MEMBER = new RegExp(`("[A-Za-z0-9_.-]{0,64}(?:${SECRET_WORD})":)"(?:[^"\\\\]|\\\\.)*"`, 'gi');
// The same in a JSON text that is itself a string of the line, where each quote is escaped once.
const NESTED_MEMBER = new RegExp(
  `(\\\\"[A-Za-z0-9_.-]{0,64}(?:${SECRET_WORD})\\\\":)\\\\"(?:[^"\\\\]|\\\\\\\\(?:\\\\.|[^\\\\]))*\\\\"`,
  'gi',
);
const SECRET_NAME = /(?:PASSWORD|PASSWD|SECRET|TOKEN|KEY|CREDENTIALS?|OTLP_HEADERS)(?:_|$)/i;

/** Replaces passwords in URLs, authorization values, agent tokens and admin keys in a text; the rest is returned as it is. */
export function redactText(text: string): string {
  let result = text;
  if (result.includes('://')) result = result.replace(URL_PASSWORD, `$1:${REDACTED}@`);
  return result
    .replace(BEARER, `$1 ${REDACTED}`)
    .replace(AGENT_TOKEN, `$1.${REDACTED}`)
    .replace(ADMIN_KEY, REDACTED);
}

/** Redacts one JSON log line: what {@link redactText} does, and every string member named like a secret, at any depth. */
export function redactJsonLine(line: string): string {
  return redactText(line)
    .replace(SECRET_MEMBER, `$1"${REDACTED}"`)
    .replace(NESTED_MEMBER, `$1\\"${REDACTED}\\"`);
}

/** A shorter value would be found by accident. */
const SECRET_CHARS_MIN = 6;

/** Redacts a JSON log line, and in it these values wherever they stand; not those of fewer than six characters. */
export function lineRedactor(secrets: Iterable<string>): (line: string) => string {
  const escaped = sought(secrets).map((secret) => JSON.stringify(secret).slice(1, -1));
  return (line) => without(escaped, redactJsonLine(line));
}

/** Redacts a text as {@link redactText} does, and in it these values; not those of fewer than six characters. */
export function textRedactor(secrets: Iterable<string>): (text: string) => string {
  const values = sought(secrets);
  return (text) => without(values, redactText(text));
}

/** The longest first: one may be the beginning of another, of which the rest would stay. */
function sought(secrets: Iterable<string>): string[] {
  return [...secrets].filter(({ length }) => length >= SECRET_CHARS_MIN).sort((a, b) => b.length - a.length);
}

function without(values: readonly string[], text: string): string {
  let result = text;
  for (const value of values) if (result.includes(value)) result = result.replaceAll(value, REDACTED);
  return result;
}

/** Whether an environment variable or field of this name carries a secret. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}
