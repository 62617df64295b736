import { expect, test } from 'vitest';
import { tidyDocument } from './tidy-document.ts';

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });

test('keeps the forms that are used, and gives what is only sent its plain name', () => {
  const tidy = tidyDocument({
    paths: { send: ref('OnlySentInput'), both: [ref('BothInput'), ref('Both')], url: { $ref: 'elsewhere' } },
    components: {
      securitySchemes: { bearer: {} },
      schemas: {
        Unused: {},
        UnusedInput: {},
        OnlySent: {},
        OnlySentInput: { inner: ref('InnerInput') },
        Inner: {},
        InnerInput: { again: ref('OnlySentInput') },
        Both: {},
        BothInput: {},
        TextInput: {},
      },
    },
  });
  expect(tidy).toEqual({
    paths: { send: ref('OnlySent'), both: [ref('BothInput'), ref('Both')], url: { $ref: 'elsewhere' } },
    components: {
      securitySchemes: { bearer: {} },
      schemas: {
        Both: {},
        BothInput: {},
        Inner: { again: ref('OnlySent') },
        OnlySent: { inner: ref('Inner') },
      },
    },
  });
  expect(tidyDocument({ paths: {} })).toEqual({ paths: {}, components: { schemas: {} } });
});
