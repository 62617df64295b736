// A gateway in this process against a real broker, and fetch with its key.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AssembledService, loadEnv, openServiceBase, type ServiceBase } from '@nova-torch/service-kit';
import { buildApp } from '../../src/app.ts';
import { type GatewayEnv, gatewayEnv } from '../../src/env.ts';

export const ADMIN_KEY = 'test-admin-key-0123456789';

/** What an endpoint answered. */
export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: assertions look into bodies of every shape
  body: any;
}

export interface CallOptions {
  body?: unknown;
  /** As it goes over the wire, instead of `body`. */
  raw?: string;
  key?: string | null;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export interface TestGateway {
  url: string;
  app: AssembledService;
  base: ServiceBase<GatewayEnv>;
  log: string[];
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  stop(): Promise<void>;
}

export async function startGateway(
  brokerUrl: string,
  env: Record<string, string> = {},
): Promise<TestGateway> {
  const home = await mkdtemp(join(tmpdir(), 'nova-torch-gateway-'));
  const log: string[] = [];
  const removeHome = () => rm(home, { recursive: true, force: true });
  const started = await startOn(home, brokerUrl, env, log).catch(async (error: unknown) => {
    await removeHome();
    throw error;
  });
  const { app, base } = started;
  const url = app.address();
  return {
    url,
    app,
    base,
    log,
    call: (method, path, options) => callUrl(url, method, path, options),
    async stop() {
      await app.stop();
      await removeHome();
    },
  };
}

async function startOn(home: string, brokerUrl: string, env: Record<string, string>, log: string[]) {
  const base = await openServiceBase(
    loadEnv(gatewayEnv, {
      NOVA_BROKER_URL: brokerUrl,
      NOVA_HTTP_PORT: '0',
      NOVA_HOME: home,
      ...env,
    }),
    'gateway',
    { destination: { write: (line) => void log.push(line) } },
  );
  const app = await buildApp(base, ADMIN_KEY);
  await app.start();
  return { app, base };
}

export async function callUrl(
  url: string,
  method: string,
  path: string,
  { body, raw, key = ADMIN_KEY, headers = {}, signal }: CallOptions = {},
): Promise<Answer> {
  const text = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(key !== null && { authorization: `Bearer ${key}` }),
      ...(text !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(text !== undefined && { body: text }),
    ...(signal && { signal }),
  });
  const received = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  return {
    status: response.status,
    headers: response.headers,
    body: isJson ? JSON.parse(received) : received,
  };
}
