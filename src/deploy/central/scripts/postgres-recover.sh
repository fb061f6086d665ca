#!/bin/sh
# postgres-recover.sh TIME: lays the newest base backup from before TIME ('2026-01-31 12:00:00+00') into the empty data folder;
# the next start recovers from the archived log up to TIME and goes on from there. Run it in a pod that has both volumes, with
# the server away. A data folder that holds something is left alone.
set -eu
umask 077
data=${PGDATA:-/var/lib/postgresql/data/pgdata}
bases=${BASES:-/archive/base}
target=$1
stamp=$(date -u -d "$target" +%Y%m%dT%H%M%SZ)
if [ -e "$data" ] && [ -n "$(ls -A "$data")" ]; then
  echo "$data holds a database: move it away first" >&2
  exit 1
fi
found=''
for base in $(ls "$bases" | grep '^base-[0-9]\{8\}T[0-9]\{6\}Z$'); do
  if expr "${base#base-}" '<=' "$stamp" >/dev/null; then found=$base; fi
done
[ -n "$found" ] || { echo "no base backup in $bases is from before $target" >&2; exit 1; }
rm -rf "$data.new"
mkdir -p "$data.new"
tar -xzf "$bases/$found/base.tar.gz" -C "$data.new"
tar -xzf "$bases/$found/pg_wal.tar.gz" -C "$data.new/pg_wal"
rm -f "$data.new/standby.signal"
printf '%s' "$target" >"$data.new/recovery-target"
touch "$data.new/recovery.signal"
chmod 700 "$data.new"
[ -e "$data" ] && rmdir "$data"
mv "$data.new" "$data"
echo "$found is in place; start the server to recover to $target"
