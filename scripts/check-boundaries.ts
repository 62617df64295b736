// `pnpm boundaries`: checks the rules of scripts/boundaries/rules.ts on the whole repository.
import { join } from 'node:path';
import { checkTree, readTree } from './boundaries/check-tree.ts';
import { EXCEPTIONS } from './boundaries/exceptions.ts';

const tree = readTree(join(import.meta.dirname, '..'));
const problems = checkTree(tree, EXCEPTIONS);
for (const { path, line, rule, text } of problems) process.stderr.write(`${path}:${line} ${rule}: ${text}\n`);
process.stdout.write(`${tree.size} files, ${problems.length} boundary problems\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
