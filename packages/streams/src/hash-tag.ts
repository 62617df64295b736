import { CrossTagError } from './errors.ts';

/**
 * The part of a key that decides its slot: what stands between the first `{` and the next `}` if that is not empty,
 * else the whole key (the rule of Redis Cluster, which Dragonfly's hash-tag locking shares).
 */
export function hashTag(key: string): string {
  const open = key.indexOf('{');
  if (open === -1) return key;
  const close = key.indexOf('}', open + 1);
  return close === -1 || close === open + 1 ? key : key.slice(open + 1, close);
}

/** Returns the tag all keys share. Throws CrossTagError if they share none, or if there are no keys. */
export function sharedTag(keys: readonly string[]): string {
  const [first] = keys;
  if (first === undefined) throw new CrossTagError('a script needs at least one key');
  const tag = hashTag(first);
  for (const key of keys) {
    if (hashTag(key) !== tag) throw new CrossTagError(`keys '${first}' and '${key}' do not share a hash tag`);
  }
  return tag;
}

/** Groups values by the hash tag of their key, in order of first appearance. */
export function groupByTag<T>(values: readonly T[], keyOf: (value: T) => string): T[][] {
  return [...Map.groupBy(values, (value) => hashTag(keyOf(value))).values()];
}

/** Throws CrossTagError unless `tag` has the form `{name}`, as the names of keys start with it. */
export function assertBracedTag(tag: string): void {
  if (!/^\{[^{}]+\}$/.test(tag))
    throw new CrossTagError(`'${tag}' is not a tag in braces, like '{nova.torch}'`);
}
