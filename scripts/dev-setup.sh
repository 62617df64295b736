#!/bin/sh
# Makes a fresh clone ready for development. Safe to run again at any time.
set -eu
cd "$(dirname "$0")/.."

command -v node >/dev/null || { echo 'Node.js 18 or newer, with npm, is needed to begin with: https://nodejs.org' >&2; exit 1; }

# Node, pnpm and the dependencies, as npm start and npm test get them.
path=$(OLD_PATH=$PATH node scripts/with-toolchain.mjs node -p 'process.env.PATH.replace(`:${process.env.OLD_PATH}`, "")')

node scripts/with-toolchain.mjs pnpm lefthook install

if ! command -v redis-server >/dev/null; then
  echo 'The tests need a broker: apt-get install redis-server (macOS: brew install redis).'
  echo 'As root on Debian or Ubuntu, npm test installs it by itself.'
fi

cat <<END

Ready. Put Node and pnpm of this repository on the PATH of this shell:

  export PATH="$path:\$PATH"

Then, for example:

  pnpm vitest run packages/streams     the tests of one package
  pnpm verify                          all that npm test checks

DEVELOPMENT.md goes on from here.
END
