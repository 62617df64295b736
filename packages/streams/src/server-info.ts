import type { Reply } from './replies.ts';
import { infoFields } from './server-load.ts';

/** Which server answers, from its INFO. */
export interface ServerInfo {
  /** `redis`, `valkey` or `dragonfly`. */
  readonly kind: string;
  readonly version: string;
  /** Changes whenever the server process is another one. */
  readonly runId: string;
}

export const unknownServer: ServerInfo = { kind: 'unknown', version: '', runId: '' };

/** Reads the answer of `INFO server`. */
export function parseServerInfo(reply: Reply): ServerInfo {
  const values = infoFields(reply);
  const runId = values.get('run_id') ?? values.get('master_replid') ?? '';
  const dragonfly = values.get('dragonfly_version');
  if (dragonfly !== undefined) return { kind: 'dragonfly', version: dragonfly.replace(/^df-v?/, ''), runId };
  const valkey = values.get('valkey_version');
  if (valkey !== undefined) return { kind: 'valkey', version: valkey, runId };
  return { kind: 'redis', version: values.get('redis_version') ?? '', runId };
}
