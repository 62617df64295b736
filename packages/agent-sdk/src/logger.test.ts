import { describe, expect, it, vi } from 'vitest';
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

  it('writes no secret: none by its place or form, nor those it knows, which may become more', () => {
    const lines: string[] = [];
    const secrets = new Set(['given-by-the-operator', 'given-by']);
    const logger = jsonLogger((line) => lines.push(line), 'info', { secrets });
    secrets.add('got "later"');
    logger.warn(
      { err: new Error('redis://:pass-of-broker@host refused given-by-the-operator'), token: 'tok-of-field' },
      `got "later" and nova_${'k'.repeat(43)}, agent-0-${'a'.repeat(32)}.${'m'.repeat(43)}`,
    );
    expect(JSON.parse(lines.join(''))).toMatchObject({ level: 'warn', token: '[redacted]' });
    for (const secret of ['pass-of', '-operator', 'tok-of', 'later', 'kkk', 'mmm'])
      expect(lines.join('')).not.toContain(secret);
  });

  it('counts a flood instead of writing it', () => {
    vi.useFakeTimers();
    try {
      const lines: string[] = [];
      const logger = jsonLogger((line) => lines.push(line), 'info', { floodPerSecond: 3 });
      for (let i = 0; i < 10; i += 1) logger.warn({ i }, 'again');
      logger.info({}, 'another');
      expect(lines).toHaveLength(4);
      vi.advanceTimersByTime(1_000);
      expect(lines).toHaveLength(5);
      expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ level: 'warn', msg: 'again', suppressed: 7 });
    } finally {
      vi.useRealTimers();
    }
  });
});
