#!/bin/sh
# wal-archive.sh PATH FILE: PostgreSQL's archive_command. Success only when the file lies compressed and synced in the archive
# under its own name. One that is there already is never written over: the same content is success, another is a fault.
set -eu
archive=${WAL_ARCHIVE:-/archive/wal}
target=$archive/$2.gz
mkdir -p "$archive"
if [ -e "$target" ]; then
  gzip -dc "$target" | cmp -s - "$1" && exit 0
  echo "wal-archive: $target is there with other content: is the archive another server's? Nothing was written" >&2
  exit 1
fi
# A name of its own for each attempt: one that a crash left behind is never taken for the whole.
part=$archive/.$2.$$.part
trap 'rm -f "$part"' EXIT
gzip -1 -c "$1" >"$part"
sync "$part"
mv "$part" "$target"
sync "$archive"
