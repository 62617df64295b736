import { readFile } from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import { askGateway, DOCUMENT_FILE, renderDocument, renderTypes, TYPES_FILE } from '../codegen/generate.ts';

let document: object;
beforeAll(async () => {
  document = await askGateway();
});

test('openapi.json is the document of the gateway', async () => {
  expect(await readFile(DOCUMENT_FILE, 'utf8')).toBe(renderDocument(document));
});

test('the generated types are those of the document', async () => {
  expect(await readFile(TYPES_FILE, 'utf8')).toBe(await renderTypes(document));
});
