import type { AgentId, MessageReceipt } from '@nova-torch/protocol';

export type ReceiptState = MessageReceipt['state'];
export type ReceiptCounts = Record<ReceiptState, number>;

/** A receipt as it is stored: `state|at_ms|reason`, so that a script sees the state without parsing. */
export const encodeReceipt = ({
  state,
  at_ms: atMs,
  reason = '',
}: Omit<MessageReceipt, 'agent_id'>): string => `${state}|${Math.floor(atMs)}|${reason}`;

/** When a stored receipt got its state, server ms. */
export const receiptMs = (text: string): number => Number(text.split('|', 2)[1]);

/** Reads a stored receipt. */
export function decodeReceipt(agentId: AgentId, text: string): MessageReceipt {
  const [state = '', atMs = '', ...reason] = text.split('|');
  return {
    agent_id: agentId,
    state: state as ReceiptState,
    at_ms: Number(atMs),
    ...(reason.join('|') !== '' && { reason: reason.join('|') }),
  };
}

/** How many receipts are in each state. */
export function countReceipts(receipts: readonly MessageReceipt[]): ReceiptCounts {
  const counts: ReceiptCounts = { queued: 0, delivered: 0, undeliverable: 0, expired: 0 };
  for (const { state } of receipts) counts[state] += 1;
  return counts;
}

const ATTENTION: readonly ReceiptState[] = ['undeliverable', 'expired', 'queued', 'delivered'];

/** At most `bytesMax` of receipts as JSON; when not all fit, those not delivered come first. */
export function fittingReceipts(receipts: readonly MessageReceipt[], bytesMax: number): MessageReceipt[] {
  const sizes = new Map(receipts.map((receipt) => [receipt, Buffer.byteLength(JSON.stringify(receipt)) + 1]));
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  if (total <= bytesMax) return [...receipts];
  const sorted = receipts.toSorted((a, b) => ATTENTION.indexOf(a.state) - ATTENTION.indexOf(b.state));
  let bytes = 0;
  return sorted.filter((receipt) => {
    bytes += sizes.get(receipt) ?? 0;
    return bytes <= bytesMax;
  });
}
