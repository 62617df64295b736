// A person's hand in a task: what docs/AUTONOMY.md counts. Pure.
import { AgentId, isTerminal, SERVICES, type TerminalState } from '@nova-torch/protocol';
import type { Draft } from './draft.ts';

/** What a person did to a task: the last of it counts. */
export type Hand = 'cancel' | 'retry' | 'replay';

/** Whether a command of this sender is a person's: not an agent's, and not one of our own services'. */
export const isPerson = (by: string): boolean =>
  !AgentId.safeParse(by).success &&
  !SERVICES.some((service) => by === service || by.startsWith(`${service}-`));

/** The mark a command leaves on a task; nothing when no person gave it. */
export const handOf = (by: string, hand: Hand): { readonly hand?: Hand } => (isPerson(by) ? { hand } : {});

/** The mark of a submission that was given up and put back. `history` are the attempts to handle it. */
export const handInHistory = (
  history: readonly { readonly outcome: string; readonly consumer: string }[],
): Hand | undefined =>
  history.some(({ outcome, consumer }) => outcome === 'replayed' && isPerson(consumer))
    ? 'replay'
    : undefined;

/** How a task ended, and whose hand was in it. */
export interface End {
  readonly state: TerminalState;
  readonly hand: Hand | 'none';
}

/** The end a decision brings a task to; undefined for one that ends nothing. */
export function endOf({ before, record }: Draft): End | undefined {
  const { state, live } = record;
  if (!isTerminal(state) || (before !== undefined && isTerminal(before.state))) return undefined;
  return { state, hand: live.hand ?? 'none' };
}
