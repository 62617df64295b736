import fc from 'fast-check';
import { expect, test } from 'vitest';
import { briefSpec, TaskSpec, wholeSpec } from '../src/index.ts';

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const values = fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue(), { maxKeys: 2 });
const specs = fc
  .record({
    title: fc.string({ minLength: 1, maxLength: 20 }),
    description: maybe(fc.constantFrom('', 'a text')),
    required_skills: maybe(fc.constantFrom([], ['rust'], ['rust', 'sql'])),
    priority: maybe(fc.constantFrom('normal' as const, 'low' as const)),
    max_retries: maybe(fc.integer({ min: 0, max: 5 })),
    ttl: maybe(fc.constantFrom(604_800, 60)),
    retry_backoff: maybe(fc.constantFrom({}, { initial_s: 1, factor: 2, max_s: 60 }, { initial_s: 5 })),
    inputs: maybe(values),
    context: maybe(values),
    success_criteria: maybe(fc.constantFrom({}, { exit_code: 0 })),
    labels: maybe(fc.constantFrom({}, { a: 'b' })),
  })
  .map((given) => TaskSpec.parse(given));

test('what is left out of a brief spec comes back, by validation and without', () => {
  fc.assert(
    fc.property(specs, (spec) => {
      const sent = JSON.parse(JSON.stringify(briefSpec(spec)));
      const same = JSON.parse(JSON.stringify(spec));
      expect(JSON.parse(JSON.stringify(TaskSpec.parse(sent)))).toEqual(same);
      expect(JSON.parse(JSON.stringify(wholeSpec(sent)))).toEqual(same);
    }),
  );
});

test('a spec that says nothing but its title is sent as that', () => {
  expect(briefSpec(TaskSpec.parse({ title: 'Only this' }))).toEqual({ title: 'Only this' });
});
