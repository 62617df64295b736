import { expect, test } from 'vitest';
import { isSecretName, lineRedactor, redactJsonLine, redactText } from './redact.ts';

test.each([
  ['redis://user:p%40ss@host:6379/0', 'redis://user:[redacted]@host:6379/0'],
  ['redis://:pass@host', 'redis://:[redacted]@host'],
  ['redis://:p@ss:word@host, again', 'redis://:[redacted]@host, again'],
  ['http://host:8080/path is up', 'http://host:8080/path is up'],
  ['authorization: Bearer abcdefgh12345678', 'authorization: Bearer [redacted]'],
  [`agent-0-${'a'.repeat(32)}.${'k'.repeat(43)}`, `agent-0-${'a'.repeat(32)}.[redacted]`],
  [`key nova_${'k'.repeat(42)}-.`, 'key [redacted].'],
  [`agent-0-${'a'.repeat(32)} is idle`, `agent-0-${'a'.repeat(32)} is idle`],
])('the text %s becomes %s', (text, expected) => {
  expect(redactText(text)).toBe(expected);
});

test('members named like secrets are redacted at any depth, in any spelling, whatever is in them', () => {
  const secrets = {
    password: 'one"two\\three',
    deep: { list: [{ admin_key: 'four' }], headers: { authorization: 'five six', 'set-cookie': 'seven' } },
    agent_token: 'eight',
    apiKey: 'nine',
    broker: { url: 'rediss://x:ten@h' },
  };
  const line = redactJsonLine(JSON.stringify(secrets));
  for (const secret of ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten']) {
    expect(line).not.toContain(secret);
  }
  expect(JSON.parse(line)).toMatchObject({
    password: '[redacted]',
    deep: { list: [{ admin_key: '[redacted]' }] },
  });
});

test('members of a JSON text inside a message are redacted too, and the line stays valid JSON', () => {
  const inner = JSON.stringify({ token: 'a"b\\c', name: 'kept' });
  const line = redactJsonLine(JSON.stringify({ msg: `got ${inner}`, note: 'kept too' }));
  expect(JSON.parse(line)).toEqual({ msg: 'got {"token":"[redacted]","name":"kept"}', note: 'kept too' });
});

test('what only sounds like a secret stays', () => {
  const line = JSON.stringify({
    tokens_used: 512,
    idempotency_key: 'k1',
    passwordless: 'yes',
    token_count: '7',
  });
  expect(redactJsonLine(line)).toBe(line);
});

test('known values go wherever they stand, the longer one of two that begin alike first, too short ones stay', () => {
  const redact = lineRedactor(['abcdef', 'abcdef-and-more', 'short']);
  expect(redact(JSON.stringify({ msg: 'abcdef-and-more abcdef short' }))).toBe(
    '{"msg":"[redacted] [redacted] short"}',
  );
});

test('names of secrets are known', () => {
  expect(['NOVA_ADMIN_KEY', 'DB_PASSWORD', 'GITHUB_TOKEN', 'NOVA_SECRET_FILE'].every(isSecretName)).toBe(
    true,
  );
  expect(['NOVA_HTTP_PORT', 'NOVA_BROKER_URL', 'NOVA_KEYBOARD'].some(isSecretName)).toBe(false);
});

test('a long text is redacted in time that grows with its length, not its square', () => {
  const long = `${'a'.repeat(500_000)}"${'token'.repeat(50_000)} redis://u:secret@h`;
  // Processor time of this thread: what else runs on the machine takes none of it.
  const before = process.threadCpuUsage();
  expect(redactJsonLine(long)).not.toContain('secret');
  const { user, system } = process.threadCpuUsage(before);
  expect(user + system).toBeLessThan(1_000_000);
});
