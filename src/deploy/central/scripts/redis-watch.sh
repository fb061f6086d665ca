#!/bin/sh
# redis-watch.sh: beside each Redis. Loads the access list anew when a password or a site was added or removed. With CLUSTER
# set, the first pod makes the cluster of all NODES (host:port, with spaces) once they answer, if there is none yet.
set -eu
list=${ACL:-/run/redis/users.acl}
port=${REDIS_PORT:-6379}
scripts=${SCRIPTS:-/scripts}
REDISCLI_AUTH=$(cat "${SECRETS:-/run/secrets/redis}/operator")
export REDISCLI_AUTH

make_cluster() {
  addresses=''
  for node in $NODES; do
    host=${node%:*}
    address=$(getent ahostsv4 "$host" | head -n 1 | cut -d ' ' -f 1) || return 0
    known=$(redis-cli --no-auth-warning -h "$host" -p "${node##*:}" --user operator cluster info 2>/dev/null | tr -d '\r' |
      sed -n 's/^cluster_known_nodes://p') || return 0
    # A node that knows others is in a cluster: there is nothing to make.
    [ "$known" = 1 ] || return 0
    addresses="$addresses $address:${node##*:}"
  done
  # shellcheck disable=SC2086
  redis-cli --no-auth-warning --user operator --cluster create $addresses --cluster-replicas 1 --cluster-yes
}

while :; do
  before=$(sha256sum "$list" 2>/dev/null || true)
  sh "$scripts/redis-acl.sh"
  if [ "$(sha256sum "$list")" != "$before" ]; then
    redis-cli --no-auth-warning -h "${REDIS_HOST:-127.0.0.1}" -p "$port" --user operator acl load && echo 'access list loaded'
  fi
  if [ -n "${CLUSTER:-}" ] && [ "${POD_NAME##*-}" = 0 ]; then make_cluster; fi
  sleep "${WAIT_S:-20}"
done
