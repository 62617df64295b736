#!/bin/sh
# broker.sh          starts the server its image holds: Dragonfly, Valkey or Redis
# broker.sh healthy  exit code 0 when that answers
#
# Mounted into the broker's container, because one compose file serves all images. The flags are those of
# packages/cli/src/up/broker/broker-arguments.ts; the password comes from a file and never is an argument.
set -eu

# Images that begin as root, to take over their data, go on as the owner of the data.
if [ "$(id -u)" -eq 0 ] && [ "$(stat -c %u /data)" -ne 0 ]; then
  exec setpriv --reuid="$(stat -c %u /data)" --regid="$(stat -c %g /data)" --clear-groups /bin/sh "$0" "$@"
fi

password=$(cat /run/secrets/broker-password)
# Below what the container may use: a broker that refuses writes loses nothing, one that the kernel ends may.
memory=${NOVA_BROKER_MEMORY:-1536mb}

if [ "${1:-}" = healthy ]; then
  if command -v redis-cli > /dev/null; then
    [ "$(REDISCLI_AUTH=$password redis-cli ping)" = PONG ]
    exit
  fi
  # Not every image of Dragonfly has a client.
  exec bash -c 'exec 3<> /dev/tcp/127.0.0.1/6379
    printf "AUTH %s\r\nPING\r\n" "$1" >&3
    read -r -t 2 _ <&3 && read -r -t 2 answer <&3 && [ "$answer" = "$(printf "+PONG\r")" ]' - "$password"
fi

if command -v dragonfly > /dev/null; then
  export DFLY_requirepass="$password"
  exec dragonfly --logtostderr --port=6379 --bind=0.0.0.0 --dir=/data --dbfilename=nova-torch \
    '--snapshot_cron=* * * * *' --cluster_mode=emulated --lock_on_hashtags --proactor_threads=2 \
    --version_check=false "--maxmemory=$memory"
fi

for server in valkey-server redis-server; do
  command -v "$server" > /dev/null || continue
  exec "$server" - --port 6379 --bind 0.0.0.0 --protected-mode yes --dir /data --daemonize no \
    --save '' --maxmemory "$memory" --maxmemory-policy noeviction --appendonly yes \
    --appendfsync "${NOVA_BROKER_FSYNC:-everysec}" << CONFIGURATION
requirepass $password
CONFIGURATION
done

echo 'broker.sh: the image holds none of dragonfly, valkey-server, redis-server' >&2
exit 78
