#!/bin/sh
# Makes the secrets the compose file mounts, in NOVA_SECRETS_DIR (an absolute path) or `secrets` beside this script.
# What exists stays.
#
# The containers run as users of their own, and compose can only mount the files as they are: so the directory keeps
# others on this machine out, and the files can be read by the containers they are mounted into.
set -eu
directory=${NOVA_SECRETS_DIR:-$(dirname "$0")/secrets}
mkdir -p "$directory"
chmod 700 "$directory"

# secret NAME CONTENT
secret() {
  [ -s "$directory/$1" ] && return
  printf '%s\n' "$2" > "$directory/$1"
  chmod 444 "$directory/$1"
}
random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }

secret broker-password "$(random)"
secret broker-url "redis://:$(cat "$directory/broker-password")@broker:6379"
secret admin-key "nova_$(random)"
secret grafana-password "$(random)"

# Others than the gateway's user have no business with its key; only root may give it to that user.
if [ "$(id -u)" -eq 0 ]; then chown 1000:1000 "$directory/admin-key"; fi
if [ "$(stat -c %u "$directory/admin-key")" -eq 1000 ]; then chmod 400 "$directory/admin-key"; fi
