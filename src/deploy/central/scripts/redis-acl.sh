#!/bin/sh
# redis-acl.sh: writes the access list of Redis from the passwords in files: ours, and one file for each site. Redis is given
# hashes only. A site may touch its own keys and its line in the list of sites, nothing else.
set -eu
umask 077
secrets=${SECRETS:-/run/secrets/redis}
sites=${SITES:-/run/secrets/redis-sites}
list=${ACL:-/run/redis/users.acl}
prefix=${PREFIX:-webscada}
# Read before anything is written: without them every site would be let in and allowed nothing.
rights=$(cat "${RIGHTS:-/etc/webscada-redis/site-rights}")

hash() { printf '#%s' "$(printf '%s' "$(cat "$1")" | sha256sum | cut -d ' ' -f 1)"; }

{
  echo 'user default off resetpass resetkeys resetchannels -@all'
  echo "user operator on $(hash "$secrets/operator") allkeys allchannels +@all"
  echo "user health on $(hash "$secrets/health") resetkeys resetchannels -@all +ping +info"
  echo "user collect on $(hash "$secrets/collect") resetkeys ~$prefix:* resetchannels -@all +@read +@write +@stream" \
    '+@scripting +info +cluster|slots +cluster|shards +cluster|nodes +cluster|info +role +ping +auth +hello +select +scan'
  for file in "$sites"/*; do
    [ -f "$file" ] || continue
    site=${file##*/}
    case $site in *[!a-z0-9-]*) echo "redis-acl: $site is no name of a site" >&2; continue ;; esac
    echo "user site-$site on $(hash "$file") resetkeys ~$prefix:{$site}:* ~$prefix:sites ~$prefix:$site:log ~$prefix:$site:epochs" \
      "resetchannels -@all $rights"
  done
} >"$list.new"
mv "$list.new" "$list"
