interface Document {
  components?: { schemas?: Record<string, unknown> };
}

const PREFIX = '#/components/schemas/';
const INPUT = 'Input';

/**
 * Each named schema comes in two forms, as it is sent (`XInput`) and as it is answered (`X`). Keeps the forms that are
 * used, and gives the plain name to what is only ever sent.
 */
export function tidyDocument<D extends object>(document: D): D {
  const { components }: Document = document;
  const schemas = components?.schemas ?? {};
  const used = usedSchemas({ ...document, components: undefined }, schemas);
  const renamed = new Map<string, string>();
  for (const name of used) {
    const plain = name.slice(0, -INPUT.length);
    if (name.endsWith(INPUT) && plain in schemas && !used.has(plain)) renamed.set(name, plain);
  }
  const kept = Object.fromEntries(
    Object.entries(schemas)
      .filter(([name]) => used.has(name))
      .map(([name, schema]): [string, unknown] => [renamed.get(name) ?? name, schema])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  const tidy = { ...document, components: { ...components, schemas: kept } };
  return JSON.parse(JSON.stringify(tidy), (key, value: unknown) => {
    if (key !== '$ref' || typeof value !== 'string' || !value.startsWith(PREFIX)) return value;
    const name = value.slice(PREFIX.length);
    return PREFIX + (renamed.get(name) ?? name);
  }) as D;
}

/** The schemas reachable from `root`. */
function usedSchemas(root: unknown, schemas: Record<string, unknown>): Set<string> {
  const used = new Set<string>();
  const open = [root];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    for (const name of referencesIn(value)) {
      if (used.has(name) || !(name in schemas)) continue;
      used.add(name);
      open.push(schemas[name]);
    }
  }
  return used;
}

function referencesIn(value: unknown): string[] {
  const json = JSON.stringify(value) ?? '';
  return [...json.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(([, name = '']) => name);
}
