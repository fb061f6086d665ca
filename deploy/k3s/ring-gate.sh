#!/usr/bin/env bash
# Whether a ring stands a new version: looks for some minutes at what the centre's Prometheus says of its sites, and at how Argo CD's
# last sync of them ended, and takes the release back when one of them is in trouble. Each site's own gate (`gate.enabled`) reads
# /readyz and the number of alarms at the site, and fails that sync; Prometheus knows what neither can see: a site that went silent,
# says it is not well, or has a critical alert.
#
#   PROMETHEUS=http://prometheus:9090 ARGOCD=argocd deploy/k3s/ring-gate.sh MINUTES SITE... [-- COMMAND...]
#
# COMMAND is run when the ring does not stand it, as `git push origin +PREVIOUS:ring-canary`. PROMETHEUS_TOKEN: a bearer token.
# ARGOCD: the namespace of Argo CD, asked by kubectl. One of PROMETHEUS and ARGOCD is needed; what is not said is not asked.
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
[ -n "${PROMETHEUS:-}${ARGOCD:-}" ] || { echo 'ring-gate: wants the address of Prometheus or the namespace of Argo CD' >&2 && exit 2; }
names=$(IFS='|' && echo "${sites[*]}")

# ask QUERY: the sites it finds, one a line.
ask() {
  curl --fail --silent --show-error --max-time 20 ${PROMETHEUS_TOKEN:+--header "Authorization: Bearer $PROMETHEUS_TOKEN"} \
    --get --data-urlencode "query=$1" "$PROMETHEUS/api/v1/query" |
    grep -o '"site":"[^"]*"' | cut -d'"' -f4 | sort -u || [ "${PIPESTATUS[0]}" -eq 0 ]
}

# by_prometheus: the sites in trouble. A site of which nothing is known is not a healthy one.
by_prometheus() {
  local known site
  known=$(ask "webscada_collect_site_silent_seconds{site=~\"$names\"}") || { echo 'ring-gate: Prometheus cannot be asked' >&2 && return 2; }
  for site in "${sites[@]}"; do
    grep -qx "$site" <<<"$known" || { echo "ring-gate: nothing is known of $site" >&2 && return 2; }
  done
  ask "$trouble" || { echo 'ring-gate: Prometheus cannot be asked' >&2 && return 2; }
}

# by_argocd PHASES: the sites whose last sync is in one of the phases.
by_argocd() {
  local site phase
  for site in "${sites[@]}"; do
    phase=$(kubectl --namespace "$ARGOCD" get "applications.argoproj.io/webscada-edge-$site" -o 'jsonpath={.status.operationState.phase}') ||
      { echo "ring-gate: Argo CD cannot be asked for $site" >&2 && return 2; }
    [[ ! $phase =~ ^($1)$ ]] || echo "$site"
  done
}

trouble="webscada_collect_site_trouble{site=~\"$names\",trouble=~\"silent|unhealthy|conflict|gap\"} == 1 or ALERTS{site=~\"$names\",alertstate=\"firing\",severity=\"critical\"}"
until=$((SECONDS + minutes * 60))
while :; do
  last=''
  phases='Failed|Error'
  # A sync that has not ended by then is one of a box that does not become ready.
  [ "$SECONDS" -lt "$until" ] || { last=yes && phases+='|Running|Terminating|'; }
  found=''
  [ -z "${PROMETHEUS:-}" ] || found=$(by_prometheus) || exit 2
  [ -z "${ARGOCD:-}" ] || found+=${found:+ }$(by_argocd "$phases") || exit 2
  if [ -n "$found" ]; then
    echo "ring-gate: in trouble: ${found//$'\n'/ }" >&2
    [ $# -eq 0 ] || "$@" || { echo 'ring-gate: the release could not be taken back' >&2 && exit 2; }
    exit 1
  fi
  [ -z "$last" ] || break
  left=$((until - SECONDS))
  [ "$left" -le 0 ] || sleep $((left < 15 ? left : 15))
done
echo "ring-gate: ${#sites[@]} sites stood it for $minutes minutes"
