import { runCli } from '../src/program.ts';

export interface CliRun {
  code: number;
  out: string;
  err: string;
  json(): unknown;
}

/** Runs the command in this process, so that its coverage counts. */
export async function run(argv: readonly string[], env: Record<string, string> = {}): Promise<CliRun> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await runCli(argv, {
    env: { PATH: process.env.PATH, ...env },
    stdout: { write: (text) => out.push(text) },
    stderr: { write: (text) => err.push(text) },
  });
  return { code, out: out.join(''), err: err.join(''), json: () => JSON.parse(out.join('')) as unknown };
}
