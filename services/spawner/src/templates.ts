// Agent templates: read from YAML, checked whole. All that is wrong is told at once, by template and line.
import { readFileSync } from 'node:fs';
import { AgentTemplate } from '@nova-torch/protocol';
import { ConfigError } from '@nova-torch/service-kit';
import { isMap, isSeq, LineCounter, type Node, parseDocument, type Scalar } from 'yaml';

/** What may stand in `command`, `cwd` and the values of `env` as `${NAME}`; nothing else is replaced. */
export interface TemplatePlaces {
  /** The directory Nova-Torch is installed in. */
  readonly NOVA_ROOT: string;
  /** The state directory. */
  readonly NOVA_HOME: string;
}

export interface TemplateProblem {
  readonly line: number;
  readonly template: string;
  readonly what: string;
}

/** The file cannot be used; the message lists every problem with its line. */
export class TemplateFileError extends ConfigError {
  constructor(file: string, problems: readonly TemplateProblem[]) {
    super(
      problems.map(({ line, template, what }) => ({
        variable: '',
        given: undefined,
        expected: `${file}:${line}: ${template}: ${what}`,
      })),
    );
    this.name = 'TemplateFileError';
  }
}

export type Templates = ReadonlyMap<string, AgentTemplate>;

/** Reads and checks a templates file. Throws TemplateFileError, also when the file cannot be read. */
export function loadTemplates(file: string, places: TemplatePlaces): Templates {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    throw new TemplateFileError(file, [{ line: 1, template: 'the file', what }]);
  }
  const { templates, problems } = parseTemplates(text, places);
  if (problems.length > 0) throw new TemplateFileError(file, problems);
  return templates;
}

export interface ParsedTemplates {
  readonly templates: Templates;
  readonly problems: readonly TemplateProblem[];
}

/** Parses the text of a templates file: a map with one list, `templates`. Never throws. */
export function parseTemplates(text: string, places: TemplatePlaces): ParsedTemplates {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const problems: TemplateProblem[] = [];
  const templates = new Map<string, AgentTemplate>();
  const lineOf = (node: unknown): number => {
    const offset = (node as Node | undefined)?.range?.[0];
    return offset === undefined ? 1 : lines.linePos(offset).line;
  };
  for (const error of document.errors) {
    problems.push({
      line: lines.linePos(error.pos[0]).line,
      template: 'the file',
      what: firstLine(error.message),
    });
  }
  if (problems.length > 0) return { templates, problems };
  const list = isMap(document.contents) ? document.contents.get('templates', true) : undefined;
  if (!isSeq(list)) {
    return {
      templates,
      problems: [{ line: 1, template: 'the file', what: 'must be a map with the list `templates`' }],
    };
  }
  const firstAt = new Map<string, number>();
  for (const [index, item] of list.items.entries()) {
    const line = lineOf(item);
    const raw: unknown = (item as Node).toJS(document);
    const name = nameOf(raw) ?? `template ${index + 1}`;
    const add = (at: number, what: string): void => void problems.push({ line: at, template: name, what });
    const earlier = firstAt.get(name);
    if (earlier !== undefined) add(line, `this name was given on line ${earlier} already`);
    else firstAt.set(name, line);
    const parsed = AgentTemplate.safeParse(raw);
    for (const issue of parsed.error?.issues ?? []) {
      const at = issue.code === 'unrecognized_keys' ? keyNode(item, issue.keys[0]) : undefined;
      add(
        lineOf(at ?? deepest(item as Node, issue.path)),
        `${issue.path.map(String).join('.') || 'it'}: ${issue.message}`,
      );
    }
    if (!parsed.success) continue;
    for (const unknown of unknownPlaces(parsed.data)) {
      add(line, `\${${unknown}} is not known; only \${NOVA_ROOT} and \${NOVA_HOME} are replaced`);
    }
    templates.set(name, placed(parsed.data, places));
  }
  return { templates, problems: problems.sort((a, b) => a.line - b.line) };
}

function keyNode(item: unknown, key: string | undefined): Node | undefined {
  const pair = isMap<Scalar, Node>(item) ? item.items.find((one) => one.key.value === key) : undefined;
  return pair?.key;
}

/** The node at a path, or the last one on the way to it that is there. */
function deepest(item: Node, path: readonly PropertyKey[]): Node {
  let at = item;
  for (const step of path) {
    const next: unknown = isMap(at) || isSeq(at) ? at.get(step, true) : undefined;
    if (next === undefined || next === null) break;
    at = next as Node;
  }
  return at;
}

function nameOf(raw: unknown): string | undefined {
  const name = typeof raw === 'object' && raw !== null && 'name' in raw ? raw.name : undefined;
  return typeof name === 'string' && name !== '' ? name : undefined;
}

const PLACE = /\$\{([A-Za-z_]\w*)\}/g;

function unknownPlaces({ command, cwd, env }: AgentTemplate): string[] {
  const texts = [...command, ...(cwd === undefined ? [] : [cwd]), ...Object.values(env)];
  const names = texts.flatMap((text) => [...text.matchAll(PLACE)].map((match) => match[1] ?? ''));
  return [...new Set(names)].filter((name) => name !== 'NOVA_ROOT' && name !== 'NOVA_HOME');
}

function placed(template: AgentTemplate, places: TemplatePlaces): AgentTemplate {
  const fill = (text: string): string =>
    text.replace(PLACE, (whole, name: string) =>
      name === 'NOVA_ROOT' || name === 'NOVA_HOME' ? places[name] : whole,
    );
  return {
    ...template,
    command: template.command.map(fill),
    ...(template.cwd === undefined ? {} : { cwd: fill(template.cwd) }),
    env: Object.fromEntries(Object.entries(template.env).map(([name, value]) => [name, fill(value)])),
  };
}

const firstLine = (text: string): string => text.split('\n')[0] ?? text;
