import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { knownSecrets } from './known-secrets.ts';
import { createLogger } from './logger.ts';

test('what secret variables and their files hold does not reach the log, in whatever words', () => {
  const dir = mkdtempSync(join(tmpdir(), 'nova-torch-secrets-'));
  const file = (name: string, text: string): string => {
    writeFileSync(join(dir, name), `${text}\n`);
    return join(dir, name);
  };
  const secrets = knownSecrets({
    NOVA_BROKER_URL: 'redis://u:p%40ssword@host:1',
    NOVA_ADMIN_KEY_FILE: file('key', 'key-"of"-the-file'),
    NOVA_OTLP_HEADERS_FILE: file('headers', 'x-key=collectors-key'),
    NOVA_MESSAGING_FILE: file('messaging', 'streams: {}'),
    NOVA_ADMIN_KEY: 'key-of-the-variable',
    NOVA_LLM_TOKEN_FILE: join(dir, 'missing'),
    OTEL_EXPORTER_OTLP_HEADERS: { 'x-tenant': 'tenant-key' },
    NOVA_HTTP_PORT: 7400,
    NOVA_INSTANCE: 'gateway-1',
  });
  expect(secrets.toSorted()).toEqual([
    'collectors-key',
    'key-"of"-the-file',
    'key-of-the-variable',
    'p@ssword',
    'tenant-key',
  ]);
  const lines: string[] = [];
  const logger = createLogger({
    ...{ service: 'gateway', instance: 'gateway-1', level: 'info', secrets },
    destination: { write: (line) => void lines.push(line) },
  });
  const cause = new Error('the collector said: collectors-key is unknown');
  logger.error(
    { err: new Error('no answer', { cause }), headers: { 'x-tenant': 'tenant-key' } },
    'it is key-"of"-the-file',
  );
  logger.warn({ deep: [{ text: 'Bearer abcdefgh12345678 at redis://u:other-password@host' }] }, 'p@ssword');
  expect(lines).toHaveLength(2);
  for (const secret of [...secrets, 'of\\"-the-file', 'abcdefgh12345678', 'other-password'])
    expect(lines.join('')).not.toContain(secret);
  for (const line of lines) expect(JSON.parse(line)).toMatchObject({ service: 'gateway' });
  rmSync(dir, { recursive: true });
});
