#!/bin/sh
# redis-start.sh: starts a Redis that Sentinels watch. Who is the master the Sentinels say; where none answers, what this
# server was when it ended; at the very first start the first of PEERS is (host names, with spaces). Where the Sentinels have
# host names of their own these are SENTINELS.
set -eu
umask 077
data=${DATA:-/data}
port=${REDIS_PORT:-6379}
sentinel=${SENTINEL_PORT:-26379}
secrets=${SECRETS:-/run/secrets/redis}
config=${CONFIG:-/etc/webscada-redis}
file=$data/redis.conf
sh "${SCRIPTS:-/scripts}/redis-acl.sh"

# 'host port' as most of the other Sentinels have it, or nothing.
told() {
  for peer in ${SENTINELS:-$PEERS}; do
    [ "$peer" = "$HOST" ] && continue
    timeout 3 redis-cli -h "$peer" -p "$sentinel" sentinel get-master-addr-by-name "$MASTER" 2>/dev/null | tr '\n' ' '
    echo
  done | grep -E '^[^ ]+ [0-9]+ $' | sort | uniq -c | sort -rn | head -n 1 | sed 's/^ *[0-9]* //; s/ $//'
}

master=$(told)
if [ -n "$master" ]; then
  of=$master
elif [ -e "$file" ]; then
  of=$(sed -n 's/^replicaof "\{0,1\}\([^ "]*\)"\{0,1\} \([0-9]*\).*/\1 \2/p' "$file" | tail -n 1)
else
  of="${PEERS%% *} $port"
fi
[ "$of" = "$HOST $port" ] && of=''
{
  echo "include $config/redis.conf"
  echo "port $port"
  echo "dir $data"
  echo "aclfile ${ACL:-/run/redis/users.acl}"
  # The rest is for buffers, the copy a snapshot makes, and the program.
  if [ -n "${MEMORY_BYTES:-}" ]; then echo "maxmemory $((MEMORY_BYTES / 10 * 7))"; fi
  echo "replica-announce-ip $HOST"
  echo 'masteruser operator'
  echo "masterauth $(cat "$secrets/operator")"
  if [ -n "$of" ]; then echo "replicaof $of"; fi
} >"$file.new"
mv "$file.new" "$file"
echo "starts as ${of:+replica of }${of:-master}"
exec redis-server "$file"
