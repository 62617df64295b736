import { describe, expect, it } from 'vitest';
import { createOutput, duration, tableLines } from '../src/output.ts';

const sink = () => {
  const written: string[] = [];
  return { written, write: (text: string) => written.push(text) };
};

describe('output', () => {
  it('keeps stdout for the one JSON document with --json', () => {
    const [stdout, stderr] = [sink(), sink()];
    const output = createOutput(true, { stdout, stderr });
    output.line('for people');
    output.result({ a: 1 }, () => 'text');
    expect(JSON.parse(stdout.written.join(''))).toEqual({ a: 1 });
    expect(stderr.written).toEqual(['for people\n']);
  });

  it('is text without it', () => {
    const [stdout, stderr] = [sink(), sink()];
    const output = createOutput(false, { stdout, stderr });
    output.line();
    output.result({ a: 1 }, () => ['one', 'two']);
    output.problem('wrong');
    expect(stdout.written).toEqual(['\n', 'one\ntwo\n']);
    expect(stderr.written).toEqual(['wrong\n']);
  });

  it('pads columns to their widest cell and says when there is nothing', () => {
    expect(
      tableLines(
        ['id', 'name'],
        [
          ['1', 'a'],
          ['22', 'b'],
        ],
        'none',
      ),
    ).toEqual(['id  name', '1   a', '22  b']);
    expect(tableLines(['id'], [], 'Nothing.')).toEqual(['Nothing.']);
  });

  it('writes durations as a person reads them', () => {
    expect([840, 12_340, 250_000, 11_100_000].map(duration)).toEqual([
      '840 ms',
      '12.3 s',
      '4 min 10 s',
      '3 h 5 min',
    ]);
  });
});
