#!/usr/bin/env bash
# Whether this Argo CD brings a change to one ring after the other: RollingSync does nothing until it is switched on, and all
# sites then get a version at once, without a word. Exit code 0: it does. 1: it does not; what to do is said. 2: not known.
#
#   deploy/k3s/check-rings.sh [NAMESPACE OF ARGO CD]
set -euo pipefail
namespace=${1:-argocd}
key=applicationsetcontroller.enable.progressive.syncs
controller=deployment/argocd-applicationset-controller
kube() { kubectl --namespace "$namespace" "$@"; }

if ! set_to=$(kube get configmap argocd-cmd-params-cm -o "jsonpath={.data.${key//./\\.}}"); then
  echo "rings: Argo CD cannot be asked in the namespace $namespace" >&2
  exit 2
fi
# It may also stand with the program itself.
words=$(kube get "$controller" -o 'jsonpath={.spec.template.spec.containers[*].command}{.spec.template.spec.containers[*].args}') || exit 2
if [ "$set_to" = true ] || [[ $words == *--enable-progressive-syncs* && $words != *--enable-progressive-syncs=false* ]]; then
  echo 'rings: one after the other'
  exit 0
fi
cat >&2 <<TEXT
rings: Argo CD brings every change to all sites at once. Switch RollingSync on:
  kubectl --namespace $namespace patch configmap argocd-cmd-params-cm --type merge -p '{"data":{"$key":"true"}}'
  kubectl --namespace $namespace rollout restart $controller
TEXT
exit 1
