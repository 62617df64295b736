import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Journal, JournalFormatError, JournalLockedError, openJournal } from '@nova-torch/journal';
import type { Logger } from '@nova-torch/service-kit';
import type { GatewayEnv } from '../env.ts';
import type { JournalMetrics } from './journal-metrics.ts';

/** The journal of this gateway, or why it has none. */
export type OpenedJournal =
  | { readonly journal: Journal }
  | { readonly journal: undefined; readonly reason: string; readonly wanted: boolean };

type JournalEnv = Pick<
  GatewayEnv,
  'NOVA_HOME' | 'NOVA_JOURNAL' | 'NOVA_JOURNAL_DIR' | 'NOVA_JOURNAL_BYTES_MAX' | 'NOVA_JOURNAL_KEEP_ENDED_MS'
>;

/** Gateways that share a home: each has a directory of its own below it. */
const SLOTS_MAX = 100;

/**
 * Opens the directory of NOVA_JOURNAL_DIR, or the first below the home that no other gateway has. Rejects with
 * JournalLockedError or JournalFormatError, which a person must mend; a disk that is full or broken leaves a gateway
 * without a journal, which says so to whoever asks for one.
 */
export async function openGatewayJournal(
  env: JournalEnv,
  logger: Logger,
  metrics: JournalMetrics,
): Promise<OpenedJournal> {
  if (!env.NOVA_JOURNAL) return { journal: undefined, reason: 'NOVA_JOURNAL is off', wanted: false };
  const open = (dir: string): Promise<Journal> =>
    openJournal({
      dir,
      bytesMax: env.NOVA_JOURNAL_BYTES_MAX,
      keepEndedMs: env.NOVA_JOURNAL_KEEP_ENDED_MS,
      onDamage(damage) {
        metrics.damaged.inc({ kind: damage.cut ? 'cut' : 'damaged' }, damage.bytes);
        if (damage.cut) logger.warn({ dir, ...damage }, 'the journal ends in a cut write, which is cut off');
        else logger.error({ dir, ...damage }, 'a part of the journal is damaged: its records are lost');
      },
      onCommit({ records, durationMs }) {
        metrics.records.inc(records);
        metrics.commits.observe(durationMs / 1000);
      },
    });
  try {
    const journal = await (env.NOVA_JOURNAL_DIR === undefined
      ? openFirstFree(join(env.NOVA_HOME, 'journal'), open)
      : open(env.NOVA_JOURNAL_DIR));
    const { open: unfinished, ended } = journal.status();
    logger.info({ dir: journal.dir, journal: journal.id, unfinished, ended }, 'journal opened');
    return { journal };
  } catch (error) {
    if (error instanceof JournalLockedError || error instanceof JournalFormatError) throw error;
    const reason = `the journal could not be opened: ${error instanceof Error ? error.message : String(error)}`;
    logger.error(
      { err: error },
      'the journal could not be opened: tasks are refused unless memory is enough',
    );
    return { journal: undefined, reason, wanted: true };
  }
}

/** Directories that exist come first: what is in them is not left behind. */
async function openFirstFree(root: string, open: (dir: string) => Promise<Journal>): Promise<Journal> {
  mkdirSync(root, { recursive: true, mode: 0o700 });
  const names = new Set(
    readdirSync(root)
      .filter((name) => !name.endsWith('.adopted'))
      .sort(),
  );
  for (let slot = 1; slot <= SLOTS_MAX; slot += 1) names.add(String(slot));
  for (const name of names) {
    try {
      return await open(join(root, name));
    } catch (error) {
      if (!(error instanceof JournalLockedError)) throw error;
    }
  }
  throw new JournalLockedError(root, `${SLOTS_MAX} gateways`);
}
