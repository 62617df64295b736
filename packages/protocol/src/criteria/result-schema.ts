// A JSON schema for results: a subset of draft 2020-12 of which every word is enforced.
//
// S1 What is not enforced is refused when the task is submitted ($ref, format, if, unevaluatedProperties, …): a
//    criterion that silently checks nothing would make `completed` a claim again (invariant I10).
// S2 Nothing is compiled and nothing is cached: the schema is walked beside the result. No code is made from it.
// S3 Walking has a budget and patterns are matched in linear time, so no schema can hold its checker up.
import { LinearPattern, PatternError } from './linear-pattern.ts';

/** Characters of a result schema as JSON. */
export const RESULT_SCHEMA_CHARS_MAX = 16 * 1024;
/** How deep schemas may lie within one another. */
const DEPTH_MAX = 16;
/** Schemas within one another and beside one another. */
const SCHEMAS_MAX = 500;
/** Steps of one check; a result of 64 KiB against a plain schema takes 33,000 at most. */
const STEPS_MAX = 100_000;
/** How deep values may lie that are compared with one another. */
const VALUE_DEPTH_MAX = 200;
/** Steps of matching a pattern, one for each position followed and character, that cost one step of the check. */
const PATTERN_WORK_PER_STEP = 32;
/** Of an unmet schema so many faults are told. */
const FAULTS_MAX = 5;

type Json = unknown;
type JsonObject = Readonly<Record<string, Json>>;

/** Why a schema is refused, and where: `pointer` names the keyword as a JSON pointer without the leading slash. */
export interface SchemaFault {
  readonly pointer: string;
  readonly reason: string;
}

const TYPES = ['null', 'boolean', 'integer', 'number', 'string', 'array', 'object'];

const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isCount = (value: Json): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

type Check = (value: Json) => string | undefined;
const must =
  (holds: (value: Json) => boolean, what: string): Check =>
  (value) =>
    holds(value) ? undefined : `must be ${what}`;
const count = must(isCount, 'a whole number, 0 or more');
const limit = must((value) => Number.isFinite(value), 'a number');
const text = must((value) => typeof value === 'string', 'a text');
const anything: Check = () => undefined;
const names = must(
  (value) => Array.isArray(value) && value.every((one) => typeof one === 'string'),
  'a list of names',
);
const typeNames = must(
  (value) => {
    const listed = Array.isArray(value) ? value : [value];
    return listed.length > 0 && listed.every((one) => TYPES.includes(one as string));
  },
  `one of ${TYPES.join(', ')}, or a list of these`,
);
const pattern: Check = (value) => {
  if (typeof value !== 'string') return 'must be a text';
  try {
    new LinearPattern(value);
    return undefined;
  } catch (error) {
    if (error instanceof PatternError) return error.message;
    throw error;
  }
};

/** Every keyword that may stand in a schema; those that carry schemas are in CARRIERS. */
const KEYWORDS: Readonly<Record<string, Check>> = {
  ...{
    type: typeNames,
    enum: must((value) => Array.isArray(value) && value.length > 0, 'a list'),
    const: anything,
  },
  ...{ minLength: count, maxLength: count, pattern },
  ...{ minimum: limit, maximum: limit, exclusiveMinimum: limit, exclusiveMaximum: limit },
  ...{ minItems: count, maxItems: count },
  uniqueItems: must((value) => typeof value === 'boolean', 'true or false'),
  ...{ required: names, minProperties: count, maxProperties: count },
  // Words for people.
  ...{ $schema: text, $id: text, $comment: text, title: text, description: text, default: anything },
  ...{ examples: anything, deprecated: anything, readOnly: anything, writeOnly: anything },
};
const CARRIERS: Readonly<Record<string, 'one' | 'list' | 'named'>> = {
  ...{ items: 'one', additionalProperties: 'one', not: 'one' },
  ...{ anyOf: 'list', oneOf: 'list', allOf: 'list', prefixItems: 'list' },
  properties: 'named',
};

/** The first thing that makes a schema one that cannot be enforced; undefined when it can. */
export function faultOfSchema(schema: Json): SchemaFault | undefined {
  if (!isObject(schema)) return { pointer: '', reason: 'must be a JSON schema, an object' };
  if (JSON.stringify(schema).length > RESULT_SCHEMA_CHARS_MAX)
    return { pointer: '', reason: `is longer than ${RESULT_SCHEMA_CHARS_MAX} characters` };
  let seen = 0;
  const walk = (one: Json, pointer: string, depth: number): SchemaFault | undefined => {
    seen += 1;
    if (seen > SCHEMAS_MAX) return { pointer: '', reason: `has more than ${SCHEMAS_MAX} schemas in it` };
    if (depth > DEPTH_MAX) return { pointer, reason: `lies more than ${DEPTH_MAX} schemas deep` };
    if (typeof one === 'boolean') return undefined;
    if (!isObject(one)) return { pointer, reason: 'must be a schema: an object, true or false' };
    for (const [keyword, value] of Object.entries(one)) {
      const at = pointer === '' ? keyword : `${pointer}/${keyword}`;
      if (Object.hasOwn(KEYWORDS, keyword)) {
        const reason = KEYWORDS[keyword]?.(value);
        if (reason !== undefined) return { pointer: at, reason };
        continue;
      }
      if (!Object.hasOwn(CARRIERS, keyword))
        return { pointer: at, reason: `the keyword ${keyword} is not supported here` };
      const carried = carriedBy(CARRIERS[keyword], value);
      if (carried === undefined) return { pointer: at, reason: 'must carry schemas' };
      for (const [name, inner] of carried) {
        const fault = walk(inner, name === '' ? at : `${at}/${name}`, depth + 1);
        if (fault !== undefined) return fault;
      }
    }
    return undefined;
  };
  return walk(schema, '', 1);
}

function carriedBy(form: 'one' | 'list' | 'named' | undefined, value: Json): [string, Json][] | undefined {
  if (form === 'one') return [['', value]];
  if (form === 'list') {
    if (!Array.isArray(value) || value.length === 0) return undefined;
    return value.map((inner, index) => [String(index), inner]);
  }
  return isObject(value) ? Object.entries(value) : undefined;
}

/**
 * What is wrong with a value under a schema that faultOfSchema has passed: at most FAULTS_MAX sentences, none when it
 * holds. A check that would take too long is itself a fault.
 */
export function faultsOfResult(schema: Json, value: Json): string[] {
  const faults: string[] = [];
  try {
    new Checker((fault) => faults.length < FAULTS_MAX && faults.push(fault)).check(schema, value, '');
  } catch (error) {
    if (!(error instanceof BudgetError)) throw error;
    return ['is too large to be checked against this schema'];
  }
  return faults;
}

class BudgetError extends Error {}

/** Of one whole check, with what is tried inside `anyOf` and its like. */
interface Shared {
  steps: number;
  readonly patterns: Map<string, LinearPattern>;
}

/** Walks a schema beside a value and tells what does not hold. */
class Checker {
  readonly #tell: (fault: string) => void;
  readonly #shared: Shared;

  constructor(tell: (fault: string) => void, shared: Shared = { steps: 0, patterns: new Map() }) {
    this.#tell = tell;
    this.#shared = shared;
  }

  check(schema: Json, value: Json, at: string): void {
    this.#spend(1);
    if (schema === true) return;
    if (!isObject(schema)) {
      this.#fault(at, 'may not be there');
      return;
    }
    this.#checkValue(schema, value, at);
    if (typeof value === 'string') this.#checkText(schema, value, at);
    else if (typeof value === 'number') this.#checkNumber(schema, value, at);
    else if (Array.isArray(value)) this.#checkList(schema, value, at);
    else if (isObject(value)) this.#checkObject(schema, value, at);
    this.#checkCombined(schema, value, at);
  }

  #checkValue({ type, enum: listed, ...rest }: JsonObject, value: Json, at: string): void {
    const types = type === undefined ? undefined : ([type].flat() as string[]);
    if (types !== undefined && !types.some((one) => isOfType(one, value)))
      this.#fault(at, `must be of type ${types.join(' or ')}, it is ${typeOf(value)}`);
    if (Array.isArray(listed)) {
      const own = this.#canonical(value);
      if (!listed.some((one) => this.#canonical(one) === own))
        this.#fault(at, 'is none of the listed values');
    }
    if (Object.hasOwn(rest, 'const') && this.#canonical(rest.const) !== this.#canonical(value))
      this.#fault(at, 'is not the one value it must be');
  }

  #checkText(schema: JsonObject, value: string, at: string): void {
    const { minLength, maxLength } = schema;
    if (minLength !== undefined || maxLength !== undefined) {
      this.#spend(value.length / 100);
      const length = [...value].length;
      if (isCount(minLength) && length < minLength)
        this.#fault(at, `is shorter than ${minLength} characters`);
      if (isCount(maxLength) && length > maxLength) this.#fault(at, `is longer than ${maxLength} characters`);
    }
    if (typeof schema.pattern !== 'string') return;
    const wanted = this.#patternOf(schema.pattern);
    this.#spend(((value.length + 1) * wanted.states) / PATTERN_WORK_PER_STEP);
    if (!wanted.test(value)) this.#fault(at, `does not match ${schema.pattern}`);
  }

  #patternOf(source: string): LinearPattern {
    const made = this.#shared.patterns.get(source);
    if (made !== undefined) return made;
    const pattern = new LinearPattern(source);
    this.#shared.patterns.set(source, pattern);
    return pattern;
  }

  #checkNumber(schema: JsonObject, value: number, at: string): void {
    const { minimum, maximum, exclusiveMinimum: above, exclusiveMaximum: below } = schema;
    if (typeof minimum === 'number' && value < minimum) this.#fault(at, `is less than ${minimum}`);
    if (typeof maximum === 'number' && value > maximum) this.#fault(at, `is more than ${maximum}`);
    if (typeof above === 'number' && value <= above) this.#fault(at, `is not more than ${above}`);
    if (typeof below === 'number' && value >= below) this.#fault(at, `is not less than ${below}`);
  }

  #checkList(schema: JsonObject, value: readonly Json[], at: string): void {
    const { minItems, maxItems } = schema;
    if (isCount(minItems) && value.length < minItems) this.#fault(at, `has fewer than ${minItems} items`);
    if (isCount(maxItems) && value.length > maxItems) this.#fault(at, `has more than ${maxItems} items`);
    if (schema.uniqueItems === true && new Set(value.map((one) => this.#canonical(one))).size < value.length)
      this.#fault(at, 'has an item twice');
    const first = Array.isArray(schema.prefixItems) ? schema.prefixItems : [];
    for (const [index, item] of value.entries()) {
      const inner: Json = index < first.length ? first[index] : schema.items;
      if (inner !== undefined) this.check(inner, item, below(at, index));
    }
  }

  #checkObject(schema: JsonObject, value: JsonObject, at: string): void {
    const { required, minProperties, maxProperties, additionalProperties: others } = schema;
    const names = Object.keys(value);
    this.#spend(names.length / 10);
    for (const name of Array.isArray(required) ? (required as string[]) : [])
      if (!Object.hasOwn(value, name)) this.#fault(below(at, name), 'is missing');
    if (isCount(minProperties) && names.length < minProperties)
      this.#fault(at, `has fewer than ${minProperties} properties`);
    if (isCount(maxProperties) && names.length > maxProperties)
      this.#fault(at, `has more than ${maxProperties} properties`);
    const known = isObject(schema.properties) ? schema.properties : {};
    for (const name of names) {
      const inner = Object.hasOwn(known, name) ? known[name] : others;
      if (inner !== undefined) this.check(inner, value[name], below(at, name));
    }
  }

  #checkCombined({ allOf, anyOf, oneOf, not }: JsonObject, value: Json, at: string): void {
    for (const one of Array.isArray(allOf) ? allOf : []) this.check(one, value, at);
    if (Array.isArray(anyOf) && !anyOf.some((one) => this.#holds(one, value)))
      this.#fault(at, 'holds under none of `anyOf`');
    if (Array.isArray(oneOf)) {
      const held = oneOf.filter((one) => this.#holds(one, value)).length;
      if (held !== 1) this.#fault(at, `holds under ${held} of \`oneOf\`, not under one`);
    }
    if (not !== undefined && this.#holds(not, value)) this.#fault(at, 'holds under `not`');
  }

  #holds(schema: Json, value: Json): boolean {
    let held = true;
    const inner = new Checker(() => {
      held = false;
    }, this.#shared);
    inner.check(schema, value, '');
    return held;
  }

  /** The value as a text that is the same for equal values. */
  #canonical(value: Json, depth = 0): string {
    this.#spend(1);
    if (depth > VALUE_DEPTH_MAX) throw new BudgetError();
    if (Array.isArray(value)) return `[${value.map((one) => this.#canonical(one, depth + 1)).join(',')}]`;
    if (!isObject(value)) return JSON.stringify(value) ?? 'null';
    const parts = Object.keys(value)
      .toSorted()
      .map((name) => `${JSON.stringify(name)}:${this.#canonical(value[name], depth + 1)}`);
    return `{${parts.join(',')}}`;
  }

  #fault(at: string, what: string): void {
    this.#tell(at === '' ? what : `${at} ${what}`);
  }

  #spend(steps: number): void {
    this.#shared.steps += steps;
    if (this.#shared.steps > STEPS_MAX) throw new BudgetError();
  }
}

const below = (at: string, name: string | number): string =>
  (at === '' ? String(name) : `${at}/${name}`).slice(0, 200);

function typeOf(value: Json): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function isOfType(type: string, value: Json): boolean {
  if (type === 'integer') return Number.isInteger(value);
  return typeOf(value) === type;
}
