#!/bin/sh
# postgres-base.sh: a base backup beside the archive of the write-ahead log, then the end of what no recovery needs any more:
# base backups and archived log from before the oldest moment, DAYS ago, that must still be reachable.
set -eu
umask 077
archive=${WAL_ARCHIVE:-/archive/wal}
bases=${BASES:-/archive/base}
days=${DAYS:-30}
now=${NOW_S:-$(date +%s)}
host=${PGHOST:-/var/run/postgresql}
mkdir -p "$bases"
rm -rf "$bases"/*.part
part=$bases/base.part
pg_basebackup -h "$host" -U "${PGUSER:-replica}" -D "$part" -Ft -z -X stream -c fast
for file in "$part"/*.gz; do gzip -t "$file"; done
sync "$part"/* "$part"
# Named after its end: every later moment can be reached from it.
name=base-$(date -u -d "@${NOW_S:-$(date +%s)}" +%Y%m%dT%H%M%SZ)
mv "$part" "$bases/$name"
sync "$bases"
echo "$name made"

# A moment is reached from the newest base before it: the newest of those older than DAYS stays.
oldest=$(date -u -d "@$((now - days * 86400))" +%Y%m%dT%H%M%SZ)
keep=''
for base in $(ls -r "$bases" | grep '^base-[0-9]\{8\}T[0-9]\{6\}Z$'); do
  if [ -n "$keep" ] && expr "${keep#base-}" '<=' "$oldest" >/dev/null; then
    rm -rf "${bases:?}/$base"
    echo "removed $base: $keep is enough for $days days"
  else
    keep=$base
  fi
done
label=$(tar -xzOf "$bases/$keep/base.tar.gz" backup_label)
first=$(printf '%s\n' "$label" | sed -n 's/^START WAL LOCATION: .* (file \([0-9A-F]\{24\}\))$/\1/p')
[ -n "$first" ] || { echo "$keep does not say where it begins; no archived log was removed" >&2; exit 1; }
pg_archivecleanup -x .gz "$archive" "$first"
# The notes of base backups that are gone, which that leaves.
for note in "$archive"/*.backup.gz; do
  segment=${note##*/}
  if [ -e "$note" ] && expr "${segment%%.*}" '<' "$first" >/dev/null; then rm -f "$note"; fi
done
