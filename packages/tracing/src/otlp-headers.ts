import { readFileSync } from 'node:fs';

const HEADERS_MAX = 16;
const NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/;

/** Takes `name=value,name=value` apart, values percent-encoded as OpenTelemetry has it; undefined if it is not that. */
export function parseOtlpHeaders(text: string): Record<string, string> | undefined {
  const headers: Record<string, string> = {};
  const pairs = text.split(',').filter((pair) => pair.trim() !== '');
  if (pairs.length > HEADERS_MAX) return undefined;
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    const name = pair.slice(0, at).trim();
    const value = decoded(pair.slice(at + 1).trim());
    if (at < 1 || !NAME.test(name) || value === undefined || /[^\t\x20-\x7e]/.test(value)) return undefined;
    headers[name] = value;
  }
  return headers;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/**
 * The headers for a collector: those of a text, and those of a file, which may be kept from other eyes. Throws a TypeError
 * that says what is wrong, without the values.
 */
export function readOtlpHeaders(text: string | undefined, file: string | undefined): Record<string, string> {
  const given = text === undefined ? {} : parseOtlpHeaders(text);
  if (given === undefined)
    throw new TypeError('OTEL_EXPORTER_OTLP_HEADERS must be name=value between commas');
  if (file === undefined) return given;
  const kept = parseOtlpHeaders(readFileSync(file, 'utf8').trim());
  if (kept === undefined) throw new TypeError(`${file} must hold name=value between commas`);
  return { ...given, ...kept };
}
