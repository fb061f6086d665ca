#!/bin/sh
# redis-cluster-start.sh: starts one node of the Redis Cluster under the name sites and `collect` know it by; its address may
# be another one after each start.
set -eu
umask 077
data=${DATA:-/data}
secrets=${SECRETS:-/run/secrets/redis}
config=${CONFIG:-/etc/webscada-redis}
sh "${SCRIPTS:-/scripts}/redis-acl.sh"
file=$data/redis.conf
{
  echo "include $config/redis.conf"
  echo "port ${REDIS_PORT:-6379}"
  echo "dir $data"
  echo "aclfile ${ACL:-/run/redis/users.acl}"
  if [ -n "${MEMORY_BYTES:-}" ]; then echo "maxmemory $((MEMORY_BYTES / 10 * 7))"; fi
  echo 'cluster-enabled yes'
  echo "cluster-config-file $data/nodes.conf"
  echo 'cluster-node-timeout 5000'
  echo 'cluster-allow-replica-migration no'
  echo "cluster-announce-ip $POD_IP"
  echo "cluster-announce-hostname $POD_NAME.$DOMAIN"
  echo 'cluster-preferred-endpoint-type hostname'
  echo 'masteruser operator'
  echo "masterauth $(cat "$secrets/operator")"
} >"$file.new"
mv "$file.new" "$file"
exec redis-server "$file"
