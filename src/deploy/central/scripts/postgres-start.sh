#!/bin/sh
# postgres-start.sh: starts one of the PostgreSQL servers of the StatefulSet. PRIMARY says by number who is the primary; all
# others are its replicas. Named primary, a replica ends its recovery on a timeline of its own; a primary that no longer is one
# is rewound to where the new one began. Nothing that holds data is ever removed here.
set -eu
umask 077
data=${PGDATA:-/var/lib/postgresql/data/pgdata}
secrets=${SECRETS:-/run/secrets/postgres}
config=${CONFIG:-/etc/webscada-postgres}
name=${POD_NAME:-$(hostname)}
me=${name##*-}
host=${PRIMARY_HOST:-postgres-$PRIMARY.postgres}
port=${PGPORT:-5432}
from=${PRIMARY_PORT:-$port}
export PGPORT="$port"

secret() { cat "$secrets/$1"; }

# The password file's own marks are : and \.
export PGPASSFILE="${TMPDIR:-/tmp}/pgpass"
printf '*:*:*:replica:%s\n' "$(secret replica | sed 's/[\\:]/\\&/g')" >"$PGPASSFILE"

serve() {
  exec postgres -D "$data" -c config_file="$config/postgresql.conf" -c hba_file="$config/pg_hba.conf" \
    -c port="$port" -c unix_socket_directories="${SOCKETS:-/var/run/postgresql}" \
    -c primary_conninfo="host=$host port=$from user=replica application_name=$name passfile=$PGPASSFILE" "$@"
}

# Users and database of an empty volume; under a name of its own until it is whole.
initialise() {
  rm -rf "$data.new"
  initdb -D "$data.new" --username=postgres --encoding=UTF8 --locale=C.UTF-8 --data-checksums \
    --auth-local=trust --auth-host=scram-sha-256 >/dev/null
  sockets=${SOCKETS:-/var/run/postgresql}
  pg_ctl -D "$data.new" -w -s -l "$data.new/initialise.log" -o "-c listen_addresses='' -c unix_socket_directories=$sockets" start
  psql -h "$sockets" -U postgres -d postgres -X -q -v ON_ERROR_STOP=1 -v app="$(secret password)" -v replica="$(secret replica)" <<'SQL'
SET password_encryption = 'scram-sha-256';
CREATE ROLE replica LOGIN REPLICATION PASSWORD :'replica';
GRANT EXECUTE ON FUNCTION pg_ls_dir(text, boolean, boolean), pg_stat_file(text, boolean), pg_read_binary_file(text),
  pg_read_binary_file(text, bigint, bigint, boolean) TO replica;
CREATE ROLE webscada LOGIN PASSWORD :'app';
CREATE DATABASE webscada OWNER webscada;
SQL
  pg_ctl -D "$data.new" -w -s -m fast stop
  mv "$data.new" "$data"
}

if [ "$me" = "$PRIMARY" ]; then
  [ -s "$data/PG_VERSION" ] || initialise
  # It was a replica: recover to the end of what is there and go on as primary on a new timeline.
  if [ -e "$data/standby.signal" ]; then mv "$data/standby.signal" "$data/recovery.signal"; fi
  # Put there by postgres-recover.sh; the signal goes when the recovery is over, and with it the target.
  if [ -e "$data/recovery.signal" ] && [ -s "$data/recovery-target" ]; then
    serve -c recovery_target_time="$(cat "$data/recovery-target")" -c recovery_target_action=promote
  fi
  serve
fi
until pg_isready -q -h "$host" -p "$from"; do
  echo "waiting for the primary $host"
  sleep "${WAIT_S:-2}"
  # Without a primary a replica still serves what it holds.
  if [ -e "$data/standby.signal" ]; then serve; fi
done
if [ ! -s "$data/PG_VERSION" ]; then
  rm -rf "$data.new"
  pg_basebackup -h "$host" -p "$from" -U replica -D "$data.new" -X stream -c fast
  touch "$data.new/standby.signal"
  mv "$data.new" "$data"
elif [ ! -e "$data/standby.signal" ]; then
  echo "this was the primary: rewinding it to where $host went on"
  if ! pg_rewind -D "$data" --config-file="$config/postgresql.conf" --restore-target-wal \
    --source-server="host=$host port=$from user=replica dbname=postgres"; then
    echo "cannot be rewound. Look at what only this server has, then delete its volume; it will copy the primary anew" >&2
    exit 1
  fi
  touch "$data/standby.signal"
fi
serve
