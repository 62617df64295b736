import { asString, type Reply } from './replies.ts';

/** How a server is doing, as it tells by INFO; undefined is what it does not tell. */
export interface ServerLoad {
  readonly memoryUsedBytes: number | undefined;
  /** 0 if nothing bounds it. */
  readonly memoryMaxBytes: number | undefined;
  readonly clients: number | undefined;
  readonly commandsPerSecond: number | undefined;
  /** Unix ms of the last save that went well. */
  readonly savedAtMs: number | undefined;
  /** False after a save, or a write of the append-only file, that failed. */
  readonly persistenceOk: boolean | undefined;
}

/** The fields of an answer of INFO. */
export function infoFields(reply: Reply): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of asString(reply).split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return fields;
}

/** Reads an answer of INFO of Redis, Valkey or Dragonfly. */
export function parseServerLoad(reply: Reply): ServerLoad {
  const fields = infoFields(reply);
  const number = (...names: string[]): number | undefined => {
    const text = names.map((name) => fields.get(name)).find((value) => value !== undefined);
    return text === undefined || !/^\d+$/.test(text) ? undefined : Number(text);
  };
  const savedAtS = number('rdb_last_save_time', 'last_success_save');
  return {
    memoryUsedBytes: number('used_memory'),
    memoryMaxBytes: number('maxmemory'),
    clients: number('connected_clients'),
    commandsPerSecond: number('instantaneous_ops_per_sec'),
    // 0: not once since it started, with a server that does not take its start for a save.
    savedAtMs: savedAtS === undefined || savedAtS === 0 ? undefined : savedAtS * 1000,
    persistenceOk: persistenceOf(fields, savedAtS, number('last_failed_save')),
  };
}

const STATUS_FIELDS = ['rdb_last_bgsave_status', 'aof_last_write_status', 'aof_last_bgrewrite_status'];

function persistenceOf(
  fields: ReadonlyMap<string, string>,
  savedAtS: number | undefined,
  failedAtS: number | undefined,
): boolean | undefined {
  const told = STATUS_FIELDS.map((name) => fields.get(name)).filter((status) => status !== undefined);
  if (told.length > 0) return told.every((status) => status === 'ok');
  // Dragonfly tells when instead.
  return failedAtS === undefined ? undefined : failedAtS === 0 || failedAtS < (savedAtS ?? 0);
}
