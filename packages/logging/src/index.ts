export { knownSecrets } from './known-secrets.ts';
export { createLogFlood, type FloodLimits, type LogFlood, type Suppressed } from './log-flood.ts';
export { isSecretName, lineRedactor, REDACTED, redactJsonLine, redactText, textRedactor } from './redact.ts';
