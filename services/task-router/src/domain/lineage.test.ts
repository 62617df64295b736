import { newTaskId } from '@nova-torch/protocol';
import { describe, expect, it } from 'vitest';
import { NOW } from '../../test/support/make.ts';
import { DEPTH_MAX, DESCENDANTS_MAX, judgeLineage, type Lineage, lineageBelow } from './lineage.ts';

const chainOf = (fingerprints: readonly string[]): Lineage => {
  let lineage: Lineage | undefined;
  for (const fingerprint of fingerprints) {
    lineage = lineageBelow(newTaskId(0, NOW), { lineage }, fingerprint);
  }
  if (lineage === undefined) throw new Error('no ancestors');
  return lineage;
};
const distinct = (count: number): string[] => Array.from({ length: count }, (_, i) => `f${i}`);

describe('a chain of tasks', () => {
  it('keeps its root and all ancestors', () => {
    const lineage = chainOf(['a', 'b', 'c']);
    expect(lineage.root).toBe(lineage.chain[0]?.task_id);
    expect(lineage.chain.map(({ fingerprint }) => fingerprint)).toEqual(['a', 'b', 'c']);
  });

  it.each<[string, Lineage, string, number, string | undefined]>([
    ['the same work for the third time', chainOf(['a', 'a']), 'a', 0, undefined],
    ['the same work for the fourth time', chainOf(['a', 'a', 'a']), 'a', 0, 'asked for 4 times'],
    ['the same work with others between', chainOf(['a', 'b', 'a', 'b', 'a']), 'a', 0, 'asked for 4 times'],
    ['as deep as may be', chainOf(distinct(DEPTH_MAX)), 'z', 0, undefined],
    ['deeper', chainOf(distinct(DEPTH_MAX + 1)), 'z', 0, 'the limit is 16'],
    ['as many as may be', chainOf(['a']), 'z', DESCENDANTS_MAX - 1, undefined],
    ['more', chainOf(['a']), 'z', DESCENDANTS_MAX, 'the limit is 10000'],
  ])('%s', (_, lineage, fingerprint, descendants, said) => {
    const error = judgeLineage(lineage, fingerprint, descendants);
    if (said === undefined) expect(error).toBeUndefined();
    else {
      expect(error).toMatchObject({ code: 'TASK_LOOP', message: expect.stringContaining(said) });
      for (const { task_id } of lineage.chain) expect(error?.message).toContain(task_id);
    }
  });
});
