#!/usr/bin/env bash
# Applies the manifests of a site and waits until they are healthy; if they do not become healthy in time, brings back what
# ran before. Exit code 0: the new version runs. 1: it was rolled back. 2: not even the old one became healthy again.
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

kubectl apply -f "$manifests"
if kube rollout status "$appliance" --timeout="${limit}s"; then
  exit 0
fi
kube logs webscada-edge-0 --tail=30 || true
if [ -z "$revision" ]; then
  echo 'rollout: this was the first version here; there is nothing to go back to' >&2
  exit 2
fi
echo 'rollout: not healthy in time, going back' >&2
[ ! -s "$before" ] || kube replace -f "$before" || true
kube rollout undo "$appliance" || exit 2
# The pod of the broken version may hang in a state the controller waits for.
kube delete pod webscada-edge-0 --wait=false || true
kube rollout status "$appliance" --timeout="${limit}s" || exit 2
exit 1
