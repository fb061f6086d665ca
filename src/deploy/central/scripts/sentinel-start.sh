#!/bin/sh
# sentinel-start.sh: starts a Sentinel. What it has learned lies in its own file, which is only written here when it is missing.
set -eu
umask 077
data=${DATA:-/data}
file=$data/sentinel.conf
port=${SENTINEL_PORT:-26379}
password=$(cat "${SECRETS:-/run/secrets/redis}/operator")
if [ ! -s "$file" ]; then
  master="${PEERS%% *} ${REDIS_PORT:-6379}"
  for peer in ${SENTINELS:-$PEERS}; do
    [ "$peer" = "$HOST" ] && continue
    answer=$(timeout 3 redis-cli -h "$peer" -p "$port" sentinel get-master-addr-by-name "$MASTER" 2>/dev/null | tr '\n' ' ') || answer=''
    case $answer in *' '[0-9]*' ') master=${answer% } ;; esac
  done
  # A name that cannot be resolved yet is a fatal error of Sentinel.
  until getent ahosts "${master%% *}" >/dev/null; do
    echo "waiting for the name ${master%% *}"
    sleep "${WAIT_S:-2}"
  done
  {
    echo "port $port"
    if [ -n "${BIND:-}" ]; then echo "bind $BIND"; fi
    echo "dir ${TMPDIR:-/tmp}"
    echo 'protected-mode no'
    echo 'sentinel resolve-hostnames yes'
    echo 'sentinel announce-hostnames yes'
    echo "sentinel announce-ip $HOST"
    echo "sentinel announce-port $port"
    echo "sentinel monitor $MASTER $master ${QUORUM:-2}"
    echo "sentinel auth-user $MASTER operator"
    echo "sentinel auth-pass $MASTER $password"
    echo "sentinel down-after-milliseconds $MASTER ${DOWN_MS:-5000}"
    echo "sentinel failover-timeout $MASTER 30000"
    echo "sentinel parallel-syncs $MASTER 1"
  } >"$file.new"
  mv "$file.new" "$file"
else
  # A new password of ours; everything else in the file is Sentinel's own.
  {
    grep -v '^sentinel auth-pass ' "$file"
    echo "sentinel auth-pass $MASTER $password"
  } >"$file.new"
  mv "$file.new" "$file"
fi
exec redis-sentinel "$file"
