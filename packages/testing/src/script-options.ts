import { parseArgs } from 'node:util';

/** One option of a script: what it is for, and what it is when it is not given; without a default it is text or nothing. */
export interface ScriptOption {
  readonly about: string;
  readonly default?: number | string | boolean;
}

export interface Script<Options extends Record<string, ScriptOption>> {
  /** As it is typed: `pnpm bench`. */
  readonly name: string;
  readonly about: string;
  readonly options: Options;
  /** What may stand beside the options: `[url|name …]`; default nothing. */
  readonly positionals?: string;
}

type Widened<T> = T extends number ? number : T extends boolean ? boolean : string;
export type ScriptValues<Options extends Record<string, ScriptOption>> = {
  readonly [Name in keyof Options]: Options[Name] extends { readonly default: infer Default }
    ? Widened<Default>
    : string | undefined;
};

/** What was typed, or the text to print instead and the code to exit with. */
export type ScriptInput<Options extends Record<string, ScriptOption>> =
  | { readonly kind: 'run'; readonly values: ScriptValues<Options>; readonly positionals: string[] }
  | { readonly kind: 'say'; readonly text: string; readonly exitCode: number };

/** Reads the arguments of a script. An option whose default is a number must be one of at least 0. */
export function readScriptInput<const Options extends Record<string, ScriptOption>>(
  script: Script<Options>,
  args: string[],
): ScriptInput<Options> {
  const refuse = (problem: string) =>
    ({ kind: 'say', text: `${problem}\n${script.name} --help lists the options.`, exitCode: 2 }) as const;
  const typeOf = ({ default: value }: ScriptOption) => (typeof value === 'boolean' ? 'boolean' : 'string');
  let typed: ReturnType<typeof parseArgs>;
  try {
    typed = parseArgs({
      args,
      allowPositionals: script.positionals !== undefined,
      options: {
        ...Object.fromEntries(
          Object.entries(script.options).map(([name, option]) => [name, { type: typeOf(option) }]),
        ),
        help: { type: 'boolean' },
      },
    });
  } catch (error) {
    return refuse(String((error as Error).message).split('. ')[0] ?? '');
  }
  if (typed.values.help === true) return { kind: 'say', text: helpOf(script), exitCode: 0 };
  const values: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(script.options)) {
    const given = typed.values[name] ?? option.default;
    const isNumber = typeof option.default === 'number';
    if (isNumber && !(given !== '' && Number(given) >= 0 && Number.isFinite(Number(given))))
      return refuse(`--${name} must be a number of at least 0, not '${given}'`);
    values[name] = isNumber ? Number(given) : given;
  }
  return { kind: 'run', values: values as ScriptValues<Options>, positionals: typed.positionals };
}

/** The options of the script that runs. Prints and ends the process at `--help` and when they are wrong: call it first. */
export function scriptOptions<const Options extends Record<string, ScriptOption>>(
  script: Script<Options>,
): { readonly values: ScriptValues<Options>; readonly positionals: string[] } {
  const input = readScriptInput(script, process.argv.slice(2));
  if (input.kind === 'run') return input;
  (input.exitCode === 0 ? process.stdout : process.stderr).write(`${input.text}\n`);
  process.exit(input.exitCode);
}

function helpOf({ name, about, options, positionals }: Script<Record<string, ScriptOption>>): string {
  const rows = Object.entries(options).map(([option, { about: text, default: value }]) => {
    const said = value === undefined || value === false || value === '' ? '' : ` (default ${value})`;
    return [`--${option}${typeof value === 'boolean' ? '' : ' …'}`, `${text}${said}`] as const;
  });
  const width = Math.max(...rows.map(([left]) => left.length));
  const lines = rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
  return [`${name} [options]${positionals ? ` ${positionals}` : ''}`, '', about, '', ...lines].join('\n');
}
