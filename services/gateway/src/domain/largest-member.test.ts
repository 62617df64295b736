import { expect, test } from 'vitest';
import { largestMember } from './largest-member.ts';

const long = 'x'.repeat(1000);

test.each([
  [{ a: 'x', b: long }, 'b'],
  [{ context: { small: 1, deep: { text: long } } }, 'context.deep.text'],
  [{ tasks: [{ title: 'x' }, { title: long }] }, 'tasks.1.title'],
  [{ list: Array(500).fill('ab') }, 'list'],
  [[long, 'x'], '0'],
])('follows what holds most (%#)', (value, path) => {
  expect(largestMember(value)?.path).toBe(path);
});

test('finds nothing in what has no members', () => {
  expect(largestMember('text')).toBeUndefined();
  expect(largestMember({})).toBeUndefined();
  expect(largestMember(null)).toBeUndefined();
  expect(largestMember({ a: undefined })?.size).toBe(0);
});
