// Writes packages/client/openapi.json and src/generated/api.ts: the gateway is started against a broker of its own and
// asked for its document. Run it after a change of the routes: `pnpm --filter @nova-torch/client-codegen generate`.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { startTestBroker } from '@nova-torch/testing';
import openapiTypes, { astToString } from 'openapi-typescript';

const HEADER = '// Generated from openapi.json by codegen/generate.ts. Do not edit.\n\n';

/** Where the two files are. */
export const DOCUMENT_FILE = resolve(import.meta.dirname, '../openapi.json');
export const TYPES_FILE = resolve(import.meta.dirname, '../src/generated/api.ts');

/** The document as it is committed. */
export const renderDocument = (document: object): string => `${JSON.stringify(document, undefined, 2)}\n`;

/** The TypeScript types of the document. */
export async function renderTypes(document: object): Promise<string> {
  // Examples would become thousands of lines of comments.
  const plain = JSON.parse(JSON.stringify(document, (key, value) => (key === 'example' ? undefined : value)));
  const nodes = await openapiTypes(plain, {
    alphabetize: true,
    // What has a default may be left out of a request.
    defaultNonNullable: false,
  });
  return HEADER + astToString(nodes);
}

/** Starts a gateway with a broker of its own and asks it for its document. */
export async function askGateway(): Promise<object> {
  const home = await mkdtemp(join(tmpdir(), 'nova-torch-codegen-'));
  const broker = await startTestBroker();
  const main = resolve(import.meta.dirname, '../../../services/gateway/src/main.ts');
  const gateway = spawn(process.execPath, ['--conditions=source', main], {
    env: { NOVA_BROKER_URL: broker.url, NOVA_HTTP_PORT: '0', NOVA_HOME: home },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const address = await listeningAddress(gateway.stdout);
    const response = await fetch(`${address}/openapi.json`);
    return (await response.json()) as object;
  } finally {
    gateway.kill('SIGTERM');
    await new Promise((ended) => gateway.once('exit', ended));
    await broker.stop();
    await rm(home, { recursive: true, force: true });
  }
}

async function listeningAddress(output: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: output })) {
    const { msg, address } = JSON.parse(line) as { msg?: string; address?: string };
    if (msg === 'listening' && address !== undefined) return address;
  }
  throw new Error('the gateway ended before it listened');
}

if (import.meta.main) {
  const document = await askGateway();
  await writeFile(DOCUMENT_FILE, renderDocument(document));
  await writeFile(TYPES_FILE, await renderTypes(document));
}
