#!/usr/bin/env bash
# Whether a ring stands a new version: looks for some minutes at what the centre's Prometheus says of its sites, and takes the
# release back when one of them is in trouble. Readiness (/readyz) is Argo CD's and Fleet's own measure; this is what they cannot
# see: a site that went silent, says it is not well, or has a critical alert.
#
#   PROMETHEUS=http://prometheus:9090 deploy/k3s/ring-gate.sh MINUTES SITE... [-- COMMAND...]
#
# COMMAND is run when the ring does not stand it, as `git push origin +PREVIOUS:ring-canary`. PROMETHEUS_TOKEN: a bearer token.
# Exit code 0: the next ring may begin. 1: it may not; COMMAND was run. 2: nobody knows, or COMMAND failed.
set -euo pipefail
minutes=${1:?wants the minutes to look for}
shift
[[ $minutes =~ ^[0-9]+$ ]] || { echo "ring-gate: $minutes is no number of minutes" >&2 && exit 2; }
sites=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  [[ $1 =~ ^[a-z0-9]([a-z0-9-]*[a-z0-9])?$ ]] || { echo "ring-gate: $1 is no id of a site" >&2 && exit 2; }
  sites+=("$1")
  shift
done
[ $# -eq 0 ] || shift
[ ${#sites[@]} -gt 0 ] || { echo 'ring-gate: wants the sites of the ring' >&2 && exit 2; }
names=$(IFS='|' && echo "${sites[*]}")

# ask QUERY: the sites it finds, one a line.
ask() {
  curl --fail --silent --show-error --max-time 20 ${PROMETHEUS_TOKEN:+--header "Authorization: Bearer $PROMETHEUS_TOKEN"} \
    --get --data-urlencode "query=$1" "${PROMETHEUS:?wants the address of Prometheus}/api/v1/query" |
    grep -o '"site":"[^"]*"' | cut -d'"' -f4 | sort -u || [ "${PIPESTATUS[0]}" -eq 0 ]
}

trouble="webscada_collect_site_trouble{site=~\"$names\",trouble=~\"silent|unhealthy|conflict|gap\"} == 1 or ALERTS{site=~\"$names\",alertstate=\"firing\",severity=\"critical\"}"
until=$((SECONDS + minutes * 60))
while :; do
  known=$(ask "webscada_collect_site_silent_seconds{site=~\"$names\"}") || { echo 'ring-gate: Prometheus cannot be asked' >&2 && exit 2; }
  # A site of which nothing is known is not a healthy one.
  for site in "${sites[@]}"; do
    grep -qx "$site" <<<"$known" || { echo "ring-gate: nothing is known of $site" >&2 && exit 2; }
  done
  found=$(ask "$trouble") || { echo 'ring-gate: Prometheus cannot be asked' >&2 && exit 2; }
  if [ -n "$found" ]; then
    echo "ring-gate: in trouble: ${found//$'\n'/ }" >&2
    [ $# -eq 0 ] || "$@" || { echo 'ring-gate: the release could not be taken back' >&2 && exit 2; }
    exit 1
  fi
  [ "$SECONDS" -lt "$until" ] || break
  sleep $((until - SECONDS < 15 ? until - SECONDS : 15))
done
echo "ring-gate: ${#sites[@]} sites stood it for $minutes minutes"
