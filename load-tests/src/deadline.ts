/**
 * The promise, or after `ms` an error that says what was waited for and what `explain` finds out about it: a
 * measurement that cannot end says why instead of hanging.
 */
export async function within<T>(
  ms: number,
  what: string,
  promise: Promise<T>,
  explain?: () => Promise<string>,
): Promise<T> {
  const late = Promise.withResolvers<'late'>();
  const timer = setTimeout(() => late.resolve('late'), ms);
  const done = promise.then((value) => ({ value }));
  try {
    const first = await Promise.race([done, late.promise]);
    if (first !== 'late') return first.value;
  } finally {
    clearTimeout(timer);
  }
  done.catch(() => undefined);
  const found = await explain?.().catch((error: unknown) => `nothing could be found out: ${String(error)}`);
  throw new Error(`${what} took longer than ${ms / 1_000} s${found === undefined ? '' : `\n${found}`}`);
}
