#!/bin/sh
# wal-restore.sh FILE PATH: PostgreSQL's restore_command. A file that the archive does not hold is no fault: PostgreSQL takes
# that for the end of the archive. One that cannot be read is: recovery stops there and does not go on with half of it.
set -eu
archive=${WAL_ARCHIVE:-/archive/wal}
source=$archive/$1.gz
[ -e "$source" ] || exit 1
if gzip -dc "$source" >"$2"; then exit 0; fi
echo "wal-restore: $source cannot be read" >&2
rm -f "$2"
# Above 125 PostgreSQL ends instead of taking it for the end of the archive.
exit 126
