#!/bin/sh
# redis-backup.sh: an RDB file of every master among HOSTS (host:port, with spaces), checked before it has its name, then the
# end of the old ones. Run every six hours; nothing old goes when a new one failed, or when no master was found.
set -eu
umask 077
folder=${BACKUPS:-/backups}
scripts=${SCRIPTS:-/scripts}
export REDISCLI_AUTH="${REDISCLI_AUTH:-$(cat "${PASSWORD_FILE:-/run/secrets/redis/operator}")}"
user=${REDIS_USER:-operator}
stamp=$(date -u -d "@${NOW_S:-$(date +%s)}" +%Y%m%dT%H%M%SZ)
mkdir -p "$folder"
rm -f "$folder"/*.part
trap 'rm -f "$folder"/*.part' EXIT
made=0
for address in $HOSTS; do
  host=${address%:*} port=${address##*:}
  role=$(redis-cli --no-auth-warning -h "$host" -p "$port" --user "$user" role 2>/dev/null | head -n 1) || role=''
  [ "$role" = master ] || continue
  file=$folder/$host.$port-$stamp.rdb
  redis-cli --no-auth-warning -h "$host" -p "$port" --user "$user" --rdb "$file.part"
  redis-check-rdb "$file.part"
  sync "$file.part"
  mv "$file.part" "$file"
  echo "${file##*/} made"
  made=$((made + 1))
done
sync "$folder"
if [ "$made" -lt "${MASTERS:-1}" ]; then
  echo "$made of ${MASTERS:-1} masters found among $HOSTS; no backup of the others was made, and no old one was removed" >&2
  exit 1
fi
sh "$scripts/keep-days.sh" "$folder" "${DAYS:-7}" 4
