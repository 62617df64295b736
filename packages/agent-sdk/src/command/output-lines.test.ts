import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LINE_CHARS_MAX, LineSplitter, type OutputLine, TextTail } from './output-lines.ts';

function linesOf(chunks: readonly Uint8Array[]): OutputLine[] {
  const lines: OutputLine[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  for (const chunk of chunks) splitter.write(chunk);
  splitter.end();
  return lines;
}

describe('lines of output', () => {
  it('are the same however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary' }), { maxLength: 8 }),
        fc.integer({ min: 1, max: 7 }),
        (texts, size) => {
          const lines = texts.map((text) => text.replace(/[\r\n]/g, ''));
          const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
          const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
            bytes.subarray(n * size, (n + 1) * size),
          );
          const whole = linesOf([bytes]);
          expect(linesOf(chunks)).toEqual(whole);
          expect(whole).toHaveLength(lines.length);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('lose the end of a line that is too long, and only that', () => {
    const [long, next] = linesOf([Buffer.alloc(LINE_CHARS_MAX, 'x'), Buffer.from('more\r\nnext')]);
    expect(long).toMatchObject({ cut: true });
    expect(long?.text).toHaveLength(LINE_CHARS_MAX);
    expect(next).toEqual({ text: 'next', cut: false });
  });

  it('leave a bounded tail', () => {
    const tail = new TextTail(5);
    for (const text of ['abc', 'def', 'ghi', 'jklmnop', 'q']) tail.add(text);
    expect(tail.toString()).toBe('mnopq');
  });
});
