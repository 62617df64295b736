// `pnpm probe [url|name …] [--out FILE]`: runs the conformance suite on servers, and prints one table for each. Without
// names: redis-server, valkey-server and dragonfly where they are installed, and those NOVA_TEST_BROKERS lists.
import { writeFileSync } from 'node:fs';
import { conformanceTable } from '@nova-torch/streams/conformance';
import {
  knownServers,
  parseServers,
  type ServerResult,
  scriptOptions,
  testServer,
} from '@nova-torch/testing';

const { values, positionals } = scriptOptions({
  name: 'pnpm probe',
  about:
    'The conformance suite on servers, one table for each; default those that are installed and those of NOVA_TEST_BROKERS.',
  positionals: '[url|name …]',
  options: {
    out: { about: 'a file for the tables' },
  },
});
const chosen = positionals.length > 0 ? parseServers(positionals.join(',')) : knownServers(process.env);

const printed: string[] = [];
const results: ServerResult[] = [];
for (const choice of chosen) {
  const result = await testServer(choice, process.env);
  results.push(result);
  const text =
    result.kind === 'tested' ? conformanceTable(result.report) : `${result.name}: not tested (${result.why})`;
  printed.push(text);
  process.stdout.write(`${text}\n\n`);
}
if (values.out !== undefined) writeFileSync(values.out, `${printed.join('\n\n')}\n`);

const failed = results.some(
  (result) => result.kind === 'tested' && result.report.rows.some(({ verdict }) => verdict === 'failed'),
);
const askedInVain = positionals.length > 0 && results.some(({ kind }) => kind === 'not_tested');
process.exitCode = failed || askedInVain ? 1 : 0;
