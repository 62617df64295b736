import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { knownSecrets } from '@nova-torch/logging';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { baseEnv, loadEnv } from './env.ts';
import { createLogger } from './logger.ts';

test('what secret variables and their files hold does not reach the log, in whatever words', () => {
  const dir = mkdtempSync(join(tmpdir(), 'nova-torch-secrets-'));
  const file = join(dir, 'headers');
  writeFileSync(file, 'x-key=collectors-key\n');
  const env = loadEnv(z.object({ ...baseEnv, NOVA_ADMIN_KEY: z.string() }), {
    NOVA_BROKER_URL: 'redis://u:p%40ssword@host:1',
    NOVA_ADMIN_KEY: 'key-"of"-the-variable',
    OTEL_EXPORTER_OTLP_HEADERS_FILE: file,
    NOVA_INSTANCE: 'gateway-1',
  });
  const secrets = knownSecrets(env);
  expect(secrets.toSorted()).toEqual(['collectors-key', 'key-"of"-the-variable', 'p@ssword']);
  const lines: string[] = [];
  const logger = createLogger({
    ...{ service: 'gateway', instance: 'gateway-1', level: 'info', secrets },
    destination: { write: (line) => void lines.push(line) },
  });
  const cause = new Error('the collector said: collectors-key is unknown');
  logger.error(
    { err: new Error('no answer', { cause }), headers: { 'x-tenant': 'collectors-key' } },
    'it is key-"of"-the-variable',
  );
  logger.warn({ deep: [{ text: 'Bearer abcdefgh12345678 at redis://u:other-password@host' }] }, 'p@ssword');
  expect(lines).toHaveLength(2);
  for (const secret of [...secrets, 'of\\"-the-variable', 'abcdefgh12345678', 'other-password'])
    expect(lines.join('')).not.toContain(secret);
  for (const line of lines) expect(JSON.parse(line)).toMatchObject({ service: 'gateway' });
  rmSync(dir, { recursive: true });
});
