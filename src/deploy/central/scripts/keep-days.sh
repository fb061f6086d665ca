#!/bin/sh
# keep-days.sh FOLDER DAYS LEAST: removes backups in FOLDER that are older than DAYS days. They are named NAME-STAMP.KIND,
# the stamp in UTC as 20260131T120000Z. Of each NAME the LEAST newest stay whatever their age, so that neither a clock that is
# wrong nor backups that have failed for long take the last good ones.
set -eu
folder=$1 days=$2 least=$3
now=${NOW_S:-$(date +%s)}
oldest=$(date -u -d "@$((now - days * 86400))" +%Y%m%d%H%M%S)

stamp_of() {
  rest=${1##*-}
  rest=${rest%%.*}
  printf '%s' "$rest" | tr -d TZ
}

cd "$folder"
for file in *-*T*Z*; do
  stamp=$(stamp_of "$file")
  case $file in *.part) continue ;; esac
  case $stamp in '' | *[!0-9]*) continue ;; esac
  [ "$stamp" -lt "$oldest" ] || continue
  newer=0
  for other in "${file%-*}"-*T*Z*; do
    case $other in *.part) continue ;; esac
    [ "${other%-*}" = "${file%-*}" ] && [ "$(stamp_of "$other")" -gt "$stamp" ] && newer=$((newer + 1))
  done
  [ "$newer" -ge "$least" ] || continue
  rm -rf -- "$file"
  echo "removed $file: older than $days days"
done
