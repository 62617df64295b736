// A picture of everything below some key prefixes, taken while others write: all keys are read once, those that changed
// meanwhile again, until few are left; those are read while the server holds writes back for a moment.
import { randomUUID } from 'node:crypto';
import { asTimeMs } from '../replies.ts';
import { writeBackup } from './backup-writer.ts';
import { type Changes, trackChanges } from './changes.ts';
import { type Connection, connect } from './connection.ts';
import { BackupRefusedError, type Counts, FORMAT_VERSION, type Header } from './format.ts';
import { whileWritesAreHeld } from './held-writes.ts';
import { KeyIndex } from './key-index.ts';
import { KeyMovedError } from './read-key.ts';
import { listKeys, scanKeys } from './scan.ts';
import { Spool } from './spool.ts';
import type { Text } from './text.ts';

export interface CreateBackupOptions {
  /** The broker. */
  readonly url: string;
  /** The file to write; it appears when the backup is whole. An existing one is replaced. */
  readonly file: string;
  /** What is taken: every key that begins with one of these. None may begin with another. */
  readonly prefixes: readonly string[];
  /** How long the broker may hold writes back for the last look, in ms; 1500 by default, below the deadline of a command. */
  readonly maxHoldMs?: number | undefined;
}

export interface BackupReport extends Counts {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly source: { readonly kind: string; readonly version: string };
  /** The moment it shows, Unix ms by the server's clock. */
  readonly taken_at_ms: number;
  /** How often changed keys were read again before the last look. */
  readonly rounds: number;
  /** Keys read in the last look. */
  readonly last_keys: number;
  /** How long writes were held back, in ms. */
  readonly held_ms: number;
  readonly took_ms: number;
}

const MAX_HOLD_MS = 1500;
/** So few changed keys are read while writes are held. */
const FEW_KEYS = 100;
const ROUNDS_MAX = 10;

/**
 * Makes a backup. Rejects with BackupRefusedError if no consistent picture could be taken, with a BrokerError if the broker
 * went away; then no file is left.
 */
export async function createBackup(options: CreateBackupOptions): Promise<BackupReport> {
  const since = performance.now();
  const reading = await connect(options.url, 'backup reading');
  let listening: Connection | undefined;
  let spool: Spool | undefined;
  try {
    listening = await connect(options.url, 'backup listening');
    spool = await Spool.create(`${options.file}.${randomUUID()}.spool`);
    const index = new KeyIndex(reading, spool);
    const picture = await takePicture({ reading, listening, index }, options);
    const { kind, version } = reading;
    const header: Header = {
      nova_torch_backup: FORMAT_VERSION,
      id: randomUUID(),
      taken_at_ms: picture.taken_at_ms,
      source: { kind, version },
      prefixes: options.prefixes,
    };
    reading.close();
    const { trailer, bytes } = await writeBackup(options.file, header, index.texts());
    const tookMs = Math.round(performance.now() - since);
    return { file: options.file, bytes, ...trailer, source: header.source, ...picture, took_ms: tookMs };
  } finally {
    reading.close();
    listening?.close();
    await spool?.close();
  }
}

interface Parts {
  readonly reading: Connection;
  readonly listening: Connection;
  readonly index: KeyIndex;
}

type Picture = Pick<BackupReport, 'taken_at_ms' | 'rounds' | 'last_keys' | 'held_ms'>;

async function takePicture(parts: Parts, options: CreateBackupOptions): Promise<Picture> {
  const { reading, listening, index } = parts;
  const { prefixes, maxHoldMs = MAX_HOLD_MS } = options;
  const changes = await trackChanges(reading, listening, prefixes);
  const { rounds, left } = changes
    ? await readUntilFewChange(parts, changes, prefixes)
    : { rounds: 0, left: [] };
  const look = async () => {
    const takenAtMs = asTimeMs(await reading.ask('TIME'));
    const keys = changes ? union(left, await changes.take()) : await listKeys(reading, prefixes);
    await index.read(keys, { still: true });
    const since = changes ? (await changes.take()).length : 0;
    if (since > 0) throw new KeyMovedError(`${since} keys changed`);
    return { takenAtMs, keys: keys.length };
  };
  const { result, heldMs } = await whileWritesAreHeld(reading, maxHoldMs, () => refusedIfMoved(look()));
  return { taken_at_ms: result.takenAtMs, rounds, last_keys: result.keys, held_ms: Math.round(heldMs) };
}

/** What changes in the last look was written by somebody whose writes were not held. */
async function refusedIfMoved<T>(look: Promise<T>): Promise<T> {
  try {
    return await look;
  } catch (error) {
    if (!(error instanceof KeyMovedError)) throw error;
    throw new BackupRefusedError(
      `${error.message} while writes were held: did another client let them go (CLIENT UNPAUSE)? Try again`,
      { cause: error },
    );
  }
}

/** Reads everything, then what changed meanwhile, until that is little or does not get less. */
async function readUntilFewChange(
  { reading, index }: Parts,
  changes: Changes,
  prefixes: readonly string[],
): Promise<{ rounds: number; left: Text[] }> {
  for await (const page of scanKeys(reading, prefixes)) await index.read(page, { still: false });
  let before = Number.POSITIVE_INFINITY;
  for (let rounds = 0; ; rounds += 1) {
    const changed = await changes.take();
    const goesDown = changed.length < before * 0.8;
    if (changed.length <= FEW_KEYS || !goesDown || rounds === ROUNDS_MAX) return { rounds, left: changed };
    before = changed.length;
    await index.read(changed, { still: false });
  }
}

function union(one: readonly Text[], other: readonly Text[]): Text[] {
  const all = new Map([...one, ...other].map((key) => [typeof key === 'string' ? key : key.b64, key]));
  return [...all.values()];
}
