import { describe, expect, it } from 'vitest';
import { jsonLogger, silentLogger, withFields } from './logger.ts';

describe('the JSON logger', () => {
  it('writes a line per call, from its level on', () => {
    const lines: string[] = [];
    const logger = withFields(
      jsonLogger((line) => lines.push(line), 'warn'),
      { agent_id: 'a' },
    );
    logger.debug({}, 'no');
    logger.info({}, 'no');
    logger.warn({ err: new RangeError('odd') }, 'yes');
    logger.error({ n: 1 }, 'yes too');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { level: 'warn', msg: 'yes', agent_id: 'a', err: { name: 'RangeError', message: 'odd' } },
      { level: 'error', msg: 'yes too', agent_id: 'a', n: 1 },
    ]);
    expect(lines.every((line) => line.endsWith('\n'))).toBe(true);
  });

  it('can be silent', () => {
    const lines: string[] = [];
    jsonLogger((line) => lines.push(line), 'silent').error({}, 'no');
    for (const log of Object.values(silentLogger)) log({}, 'no');
    expect(lines).toEqual([]);
  });
});
