// The journal of a gateway and everything that works on it.

import type { TaskChange, TaskView } from '@nova-torch/protocol';
import {
  createService,
  createTicker,
  type Logger,
  type Service,
  type TickerMetrics,
} from '@nova-torch/service-kit';
import type { Asking } from '../asking.ts';
import { journalMarkKey } from '../store/keys.ts';
import { BrokerMark } from './broker-mark.ts';
import { EndKeeper } from './end-keeper.ts';
import { createJournalIntake, createMemoryIntake, type Intake } from './intake.ts';
import type { JournalMetrics } from './journal-metrics.ts';
import type { OpenedJournal } from './open-journal.ts';
import { Recovery } from './recovery.ts';
import type { SendAgainOptions } from './send-again.ts';

/** What the rest of the gateway knows of its journal. */
export interface GatewayJournal {
  readonly intake: Intake;
  /** Takes a change from the feed. */
  onChange(change: TaskChange): void;
  /** Changes may have been missed. */
  onGap(): void;
  /** Ends are kept before they are shown. Never rejects: what the journal cannot take is shown all the same. */
  beforeShown(tasks: readonly TaskView[]): Promise<void>;
  beforeListed(tasks: readonly Pick<TaskView, 'task_id' | 'status'>[]): Promise<void>;
  /** For the status of the instance. */
  load(): Record<string, number>;
  /** What runs, by name. */
  readonly parts: Readonly<Record<string, Service>>;
}

export interface GatewayJournalOptions {
  readonly opened: OpenedJournal;
  readonly partition: number;
  readonly asking: Asking;
  readonly sending: SendAgainOptions;
  readonly metrics: JournalMetrics;
  readonly tickerMetrics: TickerMetrics;
  readonly logger: Logger;
  readonly nowMs: () => number;
}

const UPKEEP_EVERY_MS = 1_000;
/** Segments emptied in one run. */
const SEGMENTS_PER_RUN = 8;

export function createGatewayJournal(options: GatewayJournalOptions): GatewayJournal {
  const { opened, partition, asking, sending, metrics, logger, nowMs } = options;
  if (opened.journal === undefined) return withoutJournal(opened.reason, opened.wanted);
  const { journal } = opened;
  const { broker, streams } = sending;
  const mark = new BrokerMark(broker, journalMarkKey(partition, journal.id));
  const ends = new EndKeeper({ journal, asking, queries: streams.tasksQueries, metrics, logger });
  const recovery = new Recovery({ journal, mark, ends, asking, sending, metrics, logger, nowMs });
  let marked = 0;
  const upkeep = async (): Promise<Record<string, number>> => {
    const forgotten = journal.prune(nowMs());
    let emptied = 0;
    while (emptied < SEGMENTS_PER_RUN && (await journal.compact())) emptied += 1;
    ends.retry();
    if (ends.kept > marked) {
      marked = ends.kept;
      const raise = mark.raise(journal.lastNumber);
      const behind = raise.judge(await broker.batch(raise.commands));
      if (behind !== undefined) recovery.brokerIsBehind(behind);
    }
    await recovery.look();
    return { forgotten, emptied };
  };
  const look = (): void =>
    void recovery.look().catch((err: unknown) => logger.debug({ err }, 'not compared yet'));
  let endListening: () => void = () => undefined;
  return {
    intake: createJournalIntake({ journal, mark, recovery, ends, metrics, nowMs }),
    onChange: (change) => ends.onChange(change),
    onGap: () => recovery.reviewOpen(),
    beforeShown: (tasks) => ends.beforeShown(tasks),
    beforeListed: (tasks) => ends.beforeListed(tasks),
    load: () => {
      const { open, ended, refusing } = journal.status();
      return {
        ...{ journal_open: open, journal_ended: ended },
        ...{ journal_recovering: recovery.isBusy ? 1 : 0, journal_refusing: refusing ? 1 : 0 },
      };
    },
    parts: {
      journal: createService({ name: 'journal', start: () => undefined, stop: () => journal.close() }),
      'journal recovery': createService({
        name: 'journal recovery',
        async start() {
          endListening = broker.on('reconnected', look);
          await recovery.start();
        },
        async stop() {
          endListening();
          await recovery.stop();
        },
      }),
      'loop journal-upkeep': createTicker({
        ...{ name: 'journal-upkeep', everyMs: UPKEEP_EVERY_MS, run: upkeep, logger },
        metrics: options.tickerMetrics,
      }),
    },
  };
}

function withoutJournal(reason: string, wanted: boolean): GatewayJournal {
  return {
    intake: createMemoryIntake(reason, wanted),
    onChange: () => undefined,
    onGap: () => undefined,
    beforeShown: async () => undefined,
    beforeListed: async () => undefined,
    load: () => (wanted ? { journal_refusing: 1 } : {}),
    parts: {},
  };
}
