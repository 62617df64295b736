/** The id before every entry. */
export const FIRST_ID = '0-0';

/** Orders two entry ids (`ms-seq` or `ms`): negative if `a` is older. */
export function compareEntryIds(a: string, b: string): number {
  const [aMs = '0', aSeq = '0'] = a.split('-');
  const [bMs = '0', bSeq = '0'] = b.split('-');
  const ms = BigInt(aMs) - BigInt(bMs);
  if (ms !== 0n) return ms < 0n ? -1 : 1;
  const seq = BigInt(aSeq) - BigInt(bSeq);
  if (seq === 0n) return 0;
  return seq < 0n ? -1 : 1;
}

/** The id right behind an entry id `ms-seq`: where an inclusive range goes on. */
export function entryIdAfter(id: string): string {
  const [ms = '0', seq = '0'] = id.split('-');
  return `${ms}-${BigInt(seq) + 1n}`;
}
