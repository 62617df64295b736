import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { collaborationEnv } from '@nova-torch/collaboration';
import { gatewayEnv } from '@nova-torch/gateway';
import { registryEnv } from '@nova-torch/registry';
import { baseEnv } from '@nova-torch/service-kit';
import { spawnerEnv } from '@nova-torch/spawner';
import { routerEnv } from '@nova-torch/task-router';
import type { z } from 'zod';

const root = join(import.meta.dirname, '..');

/** No variable may hold this: what a schema says of it is what it expects. */
const NO_VALUE = '\0';

function expectedBy(schema: z.ZodType): string {
  const issue = schema.safeParse(NO_VALUE).error?.issues[0];
  if (issue === undefined) return 'text';
  return issue.code === 'invalid_value' ? `one of ${issue.values.map(String).join(', ')}` : issue.message;
}

/** What holds on every machine: not this one's name, nor where its home and this clone are. */
function defaultOf(schema: z.ZodType): string {
  const { data, success } = schema.safeParse(undefined);
  if (!success) return 'must be set';
  if (data === undefined || /-[0-9a-f]{6}$/.test(String(data))) return '';
  const text = Array.isArray(data) ? data.join(',') : String(data);
  if (text === hostname()) return 'the host’s name';
  return text === '' ? '' : `\`${text.replace(root, '.').replace(homedir(), '~')}\``;
}

type Shape = Readonly<Record<string, z.ZodType>>;

function rowsOf(shape: Shape): string[][] {
  return Object.entries(shape).map(([name, schema]) => [
    `\`${name}\``,
    (schema.description ?? '').replaceAll('<', '&lt;'),
    expectedBy(schema),
    defaultOf(schema),
  ]);
}

function ownOf(shape: Shape): Shape {
  return Object.fromEntries(
    Object.entries(shape).filter(([name, schema]) => schema !== (baseEnv as Shape)[name]),
  );
}

/** The variables of each service, those that all read first. */
export const CONFIGURATION: readonly { readonly name: string; readonly rows: () => string[][] }[] = [
  { name: 'every service', rows: () => rowsOf(baseEnv) },
  { name: 'gateway', rows: () => rowsOf(ownOf(gatewayEnv.shape)) },
  { name: 'task-router', rows: () => rowsOf(ownOf(routerEnv.shape)) },
  { name: 'registry', rows: () => rowsOf(ownOf(registryEnv.shape)) },
  { name: 'spawner', rows: () => rowsOf(ownOf(spawnerEnv.shape)) },
  { name: 'collaboration', rows: () => rowsOf(ownOf(collaborationEnv.shape)) },
];
