import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';

/** Where the admin key comes from: given, or else the file in `home`, which is made when it is not there. */
export interface AdminKeySource {
  key: string | undefined;
  home: string;
}

/** The admin key, where it is, and a warning when others may read it. */
export interface AdminKey {
  key: string;
  origin: string;
  warning: string | undefined;
}

/** Fewer characters can be guessed. */
const KEY_CHARS_MIN = 16;

/** The file of a local installation that holds its admin key. */
export const adminKeyFile = (home: string): string => join(home, 'admin.key');

/**
 * Reads the admin key, making it at the first start of a local installation: 32 random bytes in a file that its owner
 * alone may read. Two processes that start together end with the same key. Throws when the key is too short or its file
 * cannot be read.
 */
export async function loadAdminKey(source: AdminKeySource): Promise<AdminKey> {
  if (source.key !== undefined) return checked(source.key, 'NOVA_ADMIN_KEY', undefined);
  const file = adminKeyFile(source.home);
  await makeOnce(source.home, file);
  const key = (await readFile(file, 'utf8')).trim();
  return checked(key, file, await warningOf(file));
}

function checked(key: string, origin: string, warning: string | undefined): AdminKey {
  if (key.length < KEY_CHARS_MIN) {
    throw new Error(
      `the admin key in ${origin} has ${key.length} characters; it needs at least ${KEY_CHARS_MIN}`,
    );
  }
  return { key, origin, warning };
}

async function warningOf(file: string): Promise<string | undefined> {
  const { mode } = await stat(file);
  return (mode & 0o077) === 0 ? undefined : `others may read ${file}: chmod 600 ${file}`;
}

/** Written beside and linked into place: the file is never seen half written, and an existing one is never replaced. */
async function makeOnce(home: string, file: string): Promise<void> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  if (await exists(file)) return;
  const draft = `${file}.${process.pid}.${randomBytes(6).toString('hex')}`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(`nova_${randomBytes(32).toString('base64url')}\n`);
    await handle.sync();
    await handle.close();
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await unlink(draft);
  }
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
