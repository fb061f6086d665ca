#!/usr/bin/env bash
# Applies the manifests of a site and waits until they are healthy; if they do not become healthy in time, brings back what
# ran before. Exit code 0: the new version runs. 1: the old one runs, again or still. 2: neither does.
#
#   deploy/k3s/rollout.sh SITE.yaml [SECONDS]
#
# The log is on its volume and stays. A version that changed the log's format cannot be taken back this way: the old one
# then refuses to start, says so, and wants the backup made before.
set -euo pipefail
manifests=${1:?wants the manifests of a site}
limit=${2:-300}
namespace=$(awk '/^kind: Namespace/ {found = 1} found && /^  name:/ {print $2; exit}' "$manifests")
namespace=${namespace:?there is no Namespace in the manifests}
appliance=statefulset/webscada-edge
kube() { kubectl --namespace "$namespace" "$@"; }

before=$(mktemp)
trap 'rm -f "$before"' EXIT
chmod 600 "$before"
# What the rollout can change and `rollout undo` does not bring back: the settings.
kube get configmap -l app.kubernetes.io/part-of=webscada-edge -o yaml 2>/dev/null |
  sed -E '/^ +(resourceVersion|uid|creationTimestamp):/d' >"$before" || : >"$before"
revision=$(kube get "$appliance" -o 'jsonpath={.status.currentRevision}' 2>/dev/null || true)
# By its number: with none given, `rollout undo` of what was not changed goes to the version before the one that runs.
number=''
[ -z "$revision" ] || number=$(kube get controllerrevision "$revision" -o 'jsonpath={.revision}')

# Asked before anything is changed: an apply that is refused half-way has done its first half. Where there is no site yet, the
# namespace is missing and the question has no answer.
if [ -n "$number" ] && ! refused=$(kubectl apply --dry-run=server -f "$manifests" 2>&1 >/dev/null); then
  printf '%s\n' "$refused" >&2
  case $refused in
  *'updates to statefulset spec'* | *volumeClaimTemplates*)
    echo 'rollout: size and class of a volume (storage, mosquitto.size, influx.size) cannot be changed by applying: docs/k3s.md' >&2
    ;;
  esac
  echo 'rollout: the cluster refuses these manifests; nothing was changed' >&2
  exit 1
fi

reason='refused'
if kubectl apply -f "$manifests"; then
  if kube rollout status "$appliance" --timeout="${limit}s"; then
    exit 0
  fi
  reason='not healthy in time'
  kube logs webscada-edge-0 --tail=30 || true
fi
if [ -z "$number" ]; then
  echo "rollout: $reason; this was the first version here, there is nothing to go back to" >&2
  exit 2
fi
echo "rollout: $reason, going back" >&2
lost=''
[ ! -s "$before" ] || kube replace -f "$before" || lost=settings
kube rollout undo "$appliance" --to-revision="$number" || exit 2
# The pod of the broken version may hang in a state the controller waits for.
kube delete pod webscada-edge-0 --wait=false || true
kube rollout status "$appliance" --timeout="${limit}s" || exit 2
[ -z "$lost" ] || { echo 'rollout: the old version runs with the new settings, which could not be taken back' >&2 && exit 2; }
exit 1
