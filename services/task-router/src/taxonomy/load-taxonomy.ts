// The files of the taxonomy (deploy/config/taxonomy.yaml and one of the user): read, checked whole, told by path.
import { readFileSync } from 'node:fs';
import { ConfigError } from '@nova-torch/service-kit';
import { parseDocument } from 'yaml';
import type { Taxonomy } from '../domain/analysis/taxonomy.ts';
import { mergeTaxonomy, type TaxonomyProblem } from './merge-taxonomy.ts';
import { TaxonomyFile } from './taxonomy-schema.ts';

/** The file cannot be used; the message lists every problem with its path. */
export class TaxonomyFileError extends ConfigError {
  constructor(file: string, found: readonly TaxonomyProblem[]) {
    super(
      found.map(({ path, problem }) => ({
        variable: '',
        given: undefined,
        expected: path === '' ? `${file}: ${problem}` : `${file}: ${path}: ${problem}`,
      })),
    );
    this.name = 'TaxonomyFileError';
  }
}

const NOTHING = TaxonomyFile.parse({});

/** The taxonomy of a file, with the additions and removals of a second one if there is one. Throws TaxonomyFileError. */
export function loadTaxonomy(file: string, extraFile?: string): Taxonomy {
  const base = readTaxonomyFile(file);
  const extra = extraFile === undefined ? NOTHING : readTaxonomyFile(extraFile);
  const { taxonomy, problems } = mergeTaxonomy(base, extra);
  if (problems.length > 0) throw new TaxonomyFileError(extraFile ?? file, problems);
  return taxonomy;
}

function readTaxonomyFile(file: string): TaxonomyFile {
  const document = parseDocument(readText(file));
  const broken = document.errors.map(({ message }) => message.split('\n', 1)[0] ?? message);
  if (broken.length > 0) {
    throw new TaxonomyFileError(
      file,
      broken.map((problem) => ({ path: '', problem: problem.replace(/:$/, '') })),
    );
  }
  const read = TaxonomyFile.safeParse(document.toJS() ?? {});
  if (read.success) return read.data;
  const problems = read.error.issues.map(({ path, message }) => ({
    path: path.map(String).join('.'),
    problem: message,
  }));
  throw new TaxonomyFileError(file, problems);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new TaxonomyFileError(file, [{ path: '', problem }]);
  }
}
