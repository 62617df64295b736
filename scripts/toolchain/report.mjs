// What a person sees of the preparation: on stderr, so that stdout belongs to the command that follows.

/** An error that tells a person what to do; shown without a stack. */
export class PreparationError extends Error {}

/** Prints one line about what is going on. */
export function say(line) {
  process.stderr.write(`nova-torch: ${line}\n`);
}

const REASONS = [
  [
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT|network/i,
    'no way to the npm registry: check the network, a proxy (HTTPS_PROXY) and `npm config get registry`',
  ],
  [/ENOSPC|EDQUOT/i, 'the disk is full: about 1 GB is needed here and in the temporary directory'],
  [/EACCES|EPERM|EROFS/i, 'no right to write here: check who owns this directory'],
  [/E40[13]|ENEEDAUTH/i, 'the npm registry wants a login: check `npm config get registry` and its token'],
  [
    /E404|ETARGET|notarget|NO_MATCHING_VERSION/i,
    'the npm registry does not have this version: check `npm config get registry`',
  ],
  [
    /OUTDATED_LOCKFILE/i,
    'pnpm-lock.yaml does not fit the package.json files: run `node scripts/with-toolchain.mjs pnpm install --no-frozen-lockfile` and commit the lockfile',
  ],
];

/** The most likely reason, in words, behind what npm or pnpm printed; undefined when it is not a known one. */
export function likelyReason(output) {
  return REASONS.find(([pattern]) => pattern.test(output))?.[1];
}

/** What npm or pnpm printed, without the lines of its own call stack. */
export function withoutStack(output) {
  return output
    .split('\n')
    .filter((line) => !/^(npm (error|ERR!))?\s+at /.test(line))
    .join('\n');
}
