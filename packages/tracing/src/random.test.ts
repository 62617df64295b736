import { describe, expect, it } from 'vitest';
import { drawRandom } from './random.ts';

describe('drawRandom', () => {
  it('gives out each byte once, over many refills', () => {
    const drawn = Array.from({ length: 2_000 }, () => drawRandom(12).toString('hex'));
    expect(new Set(drawn).size).toBe(2_000);
    expect(drawn.every((hex) => hex.length === 24)).toBe(true);
  });

  it('leaves what it gave out as it was', () => {
    const first = drawRandom(16);
    const copy = Buffer.from(first);
    for (let draw = 0; draw < 1_000; draw += 1) drawRandom(16);
    expect(first.equals(copy)).toBe(true);
  });

  it('refuses more than it holds', () => {
    expect(() => drawRandom(4_097)).toThrow(RangeError);
  });
});
