import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LinearPattern, PatternError } from '../../src/index.ts';

/** Expressions of the supported syntax over a small alphabet, so that they match often enough. */
const { expression } = fc.letrec<{ expression: string; term: string; atom: string }>((tie) => ({
  atom: fc.oneof(
    { maxDepth: 2 },
    fc.constantFrom(
      'a',
      'b',
      'ü',
      '😀',
      '.',
      '^',
      '$',
      '\\d',
      '\\W',
      '\\s',
      '\\b',
      '\\B',
      '\\n',
      '\\x61',
      '\\u{1F600}',
    ),
    fc.constantFrom('[ab]', '[^a\\d]', '[a-c]', '[\\w-]', '[^]', '[]', '\\.', '\\/', '[\\]^]'),
    tie('expression').map((inner) => `(?:${inner})`),
    tie('expression').map((inner) => `(${inner})`),
  ),
  term: fc
    .tuple(tie('atom'), fc.constantFrom('', '', '', '*', '+', '?', '*?', '{2}', '{1,}', '{0,2}', '{1,3}?'))
    .map(([atom, times]) => (/^(\^|\$|\\b|\\B)$/i.test(atom) ? atom : atom + times)),
  expression: fc
    .array(
      fc.array(tie('term'), { maxLength: 3 }).map((terms) => terms.join('')),
      { minLength: 1, maxLength: 3 },
    )
    .map((options) => options.join('|')),
}));
const texts = fc.string({
  unit: fc.constantFrom('a', 'b', 'c', '1', 'ü', '😀', '\n', ' ', '-', '_'),
  maxLength: 12,
});

describe('a pattern in linear time', () => {
  it.each([false, true])(
    'finds what the language’s own engine finds (multiline: %s)',
    { timeout: 120_000 },
    (multiline) => {
      fc.assert(
        fc.property(expression, texts, (source, text) => {
          fc.pre(source.length <= 500);
          // V8 looks for \B inside of a surrogate pair too, where by the language no search begins.
          fc.pre(!source.includes('\\B') || !text.includes('😀'));
          const expected = new RegExp(source, multiline ? 'mu' : 'u').test(text);
          let own: LinearPattern;
          try {
            own = new LinearPattern(source, { multiline });
          } catch (error) {
            // Nested counts may need too many states; nothing else of this syntax is refused.
            expect(String(error)).toContain('too large');
            return;
          }
          expect(own.test(text), `/${source}/ in ${JSON.stringify(text)}`).toBe(expected);
        }),
        { numRuns: 3_000 },
      );
    },
  );

  it('finds it in whatever parts the text comes', () => {
    fc.assert(
      fc.property(expression, fc.array(texts, { maxLength: 5 }), (source, parts) => {
        let pattern: LinearPattern;
        try {
          pattern = new LinearPattern(source);
        } catch {
          return;
        }
        const search = pattern.search();
        for (const part of parts) search.take(part);
        expect(search.end()).toBe(pattern.test(parts.join('')));
      }),
    );
  });

  it.each(['(a+)+$', '^(a|a)*$', '(a|aa)+$', '^a*a*a*a*a*a*$', '(.*a){12}$'])(
    'takes no longer for %s than its length allows',
    (source) => {
      const pattern = new LinearPattern(source);
      const begunAt = performance.now();
      expect(pattern.test(`${'a'.repeat(20_000)}!`)).toBe(false);
      // The engine of the language would need longer than the universe is old; the bound leaves room for a busy machine.
      expect(performance.now() - begunAt).toBeLessThan(20_000);
    },
  );

  it.each([
    ['(', 'Invalid regular expression'],
    ['a{2,1}', 'Invalid regular expression'],
    ['(a)\\1', 'has \\1'],
    ['(?=a)', 'look-around'],
    ['(?<!a)b', 'look-around'],
    ['(?<name>a)', 'named group'],
    ['\\p{L}', 'has \\p'],
    ['a{1000}', 'too large'],
    ['(?:(?:a{50}){50}){50}', 'too large'],
    ['a'.repeat(501), 'longer than 500'],
  ])('refuses %s', (source, reason) => {
    expect(() => new LinearPattern(source)).toThrow(PatternError);
    expect(() => new LinearPattern(source)).toThrow(reason);
  });

  it('does not count nothing', () => {
    const nested = `${'(?:'.repeat(30)}${'){99999999}'.repeat(30)}`;
    expect(new LinearPattern(nested).test('x')).toBe(true);
  });
});
