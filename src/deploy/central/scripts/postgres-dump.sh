#!/bin/sh
# postgres-dump.sh: one pg_dump of the database, readable to its end before it has its name, then the end of the old ones.
# Nothing old goes when the new one failed.
set -eu
umask 077
folder=${BACKUPS:-/backups}
scripts=${SCRIPTS:-/scripts}
database=${PGDATABASE:-webscada}
mkdir -p "$folder"
rm -f "$folder"/*.part
name=$database-$(date -u -d "@${NOW_S:-$(date +%s)}" +%Y%m%dT%H%M%SZ).dump
trap 'rm -f "$folder/$name.part"' EXIT
pg_dump -Fc -d "$database" -f "$folder/$name.part"
pg_restore -f /dev/null "$folder/$name.part"
sync "$folder/$name.part"
mv "$folder/$name.part" "$folder/$name"
sync "$folder"
echo "$name made"
sh "$scripts/keep-days.sh" "$folder" "${DAYS:-30}" 7
