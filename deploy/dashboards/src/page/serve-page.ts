import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createRequire, stripTypeScriptTypes } from 'node:module';
import type { AddressInfo } from 'node:net';
import { dirname, extname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { TimeSpan as Span } from '@nova-torch/testing';
import { DASHBOARDS } from '../generated-files.ts';

export interface PageOptions {
  /** Address of the Prometheus that is asked. */
  readonly prometheus: string;
  /** What is shown: asked for at each load. */
  readonly span: () => Span;
  /** The window of rates, at least four scrapes long. */
  readonly window: string;
  /** 0, the default, is any free one. */
  readonly port?: number;
}

export interface Page {
  readonly url: string;
  close(): Promise<void>;
}

const home = join(import.meta.dirname, '..', '..');
const uplot = dirname(createRequire(import.meta.url).resolve('uplot'));
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.ts': 'text/javascript',
  '.json': 'application/json',
};

/** Serves the page on loopback, and hands its queries on to Prometheus. */
export async function servePage(options: PageOptions): Promise<Page> {
  const server = createServer((request, response) => {
    answer(request, response, options).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: PageOptions,
): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://page');
  if (pathname === '/api/v1/query_range' && request.method === 'POST') {
    const asked = await fetch(options.prometheus + pathname, {
      method: 'POST',
      headers: { 'content-type': request.headers['content-type'] ?? 'application/x-www-form-urlencoded' },
      body: await buffer(request),
    });
    response.writeHead(asked.status, { 'content-type': 'application/json' }).end(await asked.text());
    return;
  }
  const text = textOf(pathname, options);
  if (text === undefined) response.writeHead(404).end();
  else
    response
      .writeHead(200, { 'content-type': TYPES[extname(pathname) || '.html'] ?? 'text/plain' })
      .end(text);
}

/** Only what the page is made of. */
function textOf(path: string, { span, window }: PageOptions): string | undefined {
  if (path === '/') return readFileSync(join(home, 'page/index.html'), 'utf8');
  if (path === '/dashboards.json') return JSON.stringify(DASHBOARDS);
  if (path === '/settings.json') return JSON.stringify({ ...span(), window });
  if (/^\/uPlot\.(esm\.js|min\.css)$/.test(path)) return readFileSync(join(uplot, path), 'utf8');
  if (path === '/page/page.css') return readFileSync(join(home, path), 'utf8');
  if (/^\/(page\/[a-z-]+|src\/substitute)\.ts$/.test(path)) {
    return stripTypeScriptTypes(readFileSync(join(home, path), 'utf8'));
  }
  return undefined;
}
