import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What a local installation left for its clients; undefined what is not there. */
export interface LocalInstallation {
  home: string;
  /** Where the gateway listens. */
  apiUrl: string | undefined;
  adminKey: string | undefined;
}

export interface FindLocalOptions {
  /** The state directory; NOVA_HOME of `env`, else ~/.nova-torch. */
  home?: string | undefined;
  /** The environment to look into; none unless given. */
  env?: Readonly<Record<string, string | undefined>> | undefined;
}

/**
 * Finds the local installation by its state directory: `run.json` names the gateway, `admin.key` is the key. Files that
 * are missing or broken count as not there; NOVA_API_URL and NOVA_ADMIN_KEY of `env` come first.
 */
export async function findLocal(options: FindLocalOptions = {}): Promise<LocalInstallation> {
  const env = options.env ?? {};
  const home = options.home ?? env.NOVA_HOME ?? join(homedir(), '.nova-torch');
  const [run, key] = await Promise.all([readText(join(home, 'run.json')), readText(join(home, 'admin.key'))]);
  return {
    home,
    apiUrl: given(env.NOVA_API_URL) ?? apiUrlOf(run),
    adminKey: given(env.NOVA_ADMIN_KEY) ?? given(key?.trim()),
  };
}

const given = (text: string | undefined): string | undefined => (text === '' ? undefined : text);

const readText = (file: string): Promise<string | undefined> => readFile(file, 'utf8').catch(() => undefined);

function apiUrlOf(run: string | undefined): string | undefined {
  if (run === undefined) return undefined;
  try {
    const { api_url } = JSON.parse(run) as { api_url?: unknown };
    return typeof api_url === 'string' ? api_url : undefined;
  } catch {
    return undefined;
  }
}
