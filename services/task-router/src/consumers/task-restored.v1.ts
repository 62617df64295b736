// Ended tasks that come back from a journal, a batch at a time.
import { type MessageOfType, partitionOf } from '@nova-torch/protocol';
import { ack, type Delivered, deadLetter, type Outcome, retry } from '@nova-torch/streams';
import type { ActiveDeps } from '../active/deps.ts';
import type { Draft } from '../domain/draft.ts';
import { restore } from '../domain/restore.ts';
import { isApplied } from '../store/apply-transitions.ts';

type Restored = Delivered<MessageOfType<'task.restored.v1'>>;

/** Takes restored tasks, each of another id; one outcome for each, in order. */
export async function onTasksRestored(batch: readonly Restored[], deps: ActiveDeps): Promise<Outcome[]> {
  const ours = batch.filter(({ message }) => partitionOf(message.payload.task_id) === deps.partition);
  const records = await deps.tasks.records(ours.map(({ message }) => message.payload.task_id));
  const drafts = new Map<Restored, Draft>();
  for (const delivered of ours) {
    const { payload, sender, traceparent } = delivered.message;
    const by = { actor: sender, traceparent: traceparent ?? deps.tracing.newTraceparent() };
    const draft = restore(payload, records.get(payload.task_id), by, deps.nowMs());
    if (draft !== undefined) drafts.set(delivered, draft);
  }
  const written = [...drafts.keys()];
  const verdicts = await deps.ledger.write(
    [...drafts.values()].map((draft) => ({ draft, isRestored: true })),
  );
  const outcomes = new Map<Restored, Outcome>();
  for (const [i, delivered] of written.entries()) {
    const isWritten = isApplied(verdicts[i]);
    deps.metrics.restored.inc({ outcome: isWritten ? 'restored' : 'changed' });
    outcomes.set(delivered, isWritten ? ack() : retry({ error: `not written: ${verdicts[i]}` }));
  }
  return batch.map((delivered) => {
    if (!ours.includes(delivered)) return deadLetter('wrong_partition', 'it belongs to another partition');
    if (!drafts.has(delivered)) deps.metrics.restored.inc({ outcome: 'known' });
    return outcomes.get(delivered) ?? ack();
  });
}
