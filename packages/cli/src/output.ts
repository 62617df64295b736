/** Where the command writes. The only writer of stdout and stderr in this package. */
export interface Output {
  /** True with --json: one JSON document on stdout, nothing else there. */
  readonly json: boolean;
  /** A line for people; with --json it goes to stderr. */
  line(text?: string): void;
  /** The result of the command: `value` as JSON with --json, else the lines `human` makes of it. */
  result(value: unknown, human: () => string | readonly string[]): void;
  /** Text that brings its own line ends, to stdout. */
  raw(text: string): void;
  /** A line on stderr. */
  problem(text: string): void;
}

interface Sinks {
  stdout: { write(text: string): unknown };
  stderr: { write(text: string): unknown };
}

/** An output on the given streams. */
export function createOutput(json: boolean, { stdout, stderr }: Sinks): Output {
  return {
    json,
    line: (text = '') => void (json ? stderr : stdout).write(`${text}\n`),
    result(value, human) {
      const text = json ? JSON.stringify(value, null, 2) : [human()].flat().join('\n');
      stdout.write(`${text}\n`);
    },
    raw: (text) => void stdout.write(text),
    problem: (text) => void stderr.write(`${text}\n`),
  };
}

/** Columns padded to the widest cell; a head row first. Empty rows give one line that says so. */
export function tableLines(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  none: string,
): string[] {
  if (rows.length === 0) return [none];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  return [head, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** `840 ms`, `12.3 s`, `4 min 10 s`, `3 h 5 min`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min ${Math.round((ms % 60_000) / 1_000)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
