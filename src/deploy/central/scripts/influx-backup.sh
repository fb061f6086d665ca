#!/bin/sh
# influx-backup.sh: a full backup of InfluxDB, then the end of the old ones. Nothing old goes when the new one failed.
set -eu
umask 077
folder=${BACKUPS:-/backups}
scripts=${SCRIPTS:-/scripts}
name=influxdb-$(date -u -d "@${NOW_S:-$(date +%s)}" +%Y%m%dT%H%M%SZ)
mkdir -p "$folder"
rm -rf "$folder"/*.part
INFLUX_TOKEN=$(cat "${TOKEN_FILE:-/run/secrets/influxdb/token}") influx backup --host "$INFLUX_HOST" "$folder/$name.part"
[ -n "$(ls "$folder/$name.part")" ] || { echo 'the backup is empty' >&2; exit 1; }
mv "$folder/$name.part" "$folder/$name"
sync "$folder"
echo "$name made"
sh "$scripts/keep-days.sh" "$folder" "${DAYS:-35}" 4
