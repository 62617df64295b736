import { describe, expect, it } from 'vitest';
import { parseServerLoad } from './server-load.ts';

const info = (...lines: string[]): string => lines.join('\r\n');

describe('the load of a server', () => {
  it('is read from what Redis tells', () => {
    const reply = info('# Memory', 'used_memory:5', 'maxmemory:0', 'rdb_last_save_time:7', 'aof_enabled:0');
    expect(parseServerLoad(reply)).toMatchObject({ memoryUsedBytes: 5, memoryMaxBytes: 0, savedAtMs: 7_000 });
    expect(parseServerLoad(info('aof_enabled:1')).appendOnly).toBe(true);
  });

  it('knows no last save where there was none', () => {
    expect(parseServerLoad(info('rdb_last_save_time:0')).savedAtMs).toBeUndefined();
  });

  it('knows a failure of either kind of saving, and of Dragonfly by its times', () => {
    const [well, ill] = ['rdb_last_bgsave_status:ok', 'aof_last_write_status:err'];
    expect(parseServerLoad(info(well)).persistenceOk).toBe(true);
    expect(parseServerLoad(info(well, ill)).persistenceOk).toBe(false);
    expect(parseServerLoad(info('last_success_save:9', 'last_failed_save:10')).persistenceOk).toBe(false);
    expect(parseServerLoad(info('last_success_save:11', 'last_failed_save:10')).persistenceOk).toBe(true);
    expect(parseServerLoad('').persistenceOk).toBeUndefined();
  });
});
