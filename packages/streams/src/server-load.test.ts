import { expect, test } from 'vitest';
import { parseServerLoad } from './server-load.ts';

const lines = (...fields: string[]): string => ['# Section', ...fields].join('\r\n');

test('reads what Redis and Valkey tell', () => {
  const info = lines(
    'used_memory:1000',
    'maxmemory:0',
    'connected_clients:7',
    'instantaneous_ops_per_sec:12',
    'rdb_last_save_time:1700000000',
    'rdb_last_bgsave_status:ok',
    'aof_last_write_status:ok',
  );
  expect(parseServerLoad(info)).toEqual({
    memoryUsedBytes: 1000,
    memoryMaxBytes: 0,
    clients: 7,
    commandsPerSecond: 12,
    savedAtMs: 1_700_000_000_000,
    persistenceOk: true,
  });
  expect(parseServerLoad(`${info}\r\naof_last_bgrewrite_status:err`).persistenceOk).toBe(false);
});

test('reads what Dragonfly tells: when it saved, and when a save failed', () => {
  const saved = (success: number, failed: number) =>
    parseServerLoad(
      lines('used_memory:5', `last_success_save:${success}`, `last_failed_save:${failed}`, 'maxmemory:9'),
    );
  expect(saved(100, 0)).toMatchObject({ memoryMaxBytes: 9, savedAtMs: 100_000, persistenceOk: true });
  expect(saved(100, 99).persistenceOk).toBe(true);
  expect(saved(100, 101).persistenceOk).toBe(false);
  expect(saved(0, 0)).toMatchObject({ savedAtMs: undefined, persistenceOk: true });
});

test('says nothing of what it is not told', () => {
  expect(parseServerLoad('')).toEqual({
    memoryUsedBytes: undefined,
    memoryMaxBytes: undefined,
    clients: undefined,
    commandsPerSecond: undefined,
    savedAtMs: undefined,
    persistenceOk: undefined,
  });
});
