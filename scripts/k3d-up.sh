#!/usr/bin/env bash
# Brings up a K3s cluster in Docker (k3d) with a site on it, its simulator playing, and waits until it is ready. For a
# machine with Docker, k3d, kubectl and a registry; never touches another cluster.
#
#   scripts/k3d-up.sh [SITE.toml]
set -euo pipefail
cd "$(dirname "$0")/.."
cluster=webscada-edge
work=out/k3d
for tool in docker k3d kubectl; do
  command -v "$tool" >/dev/null || {
    echo "k3d-up: $tool is not installed" >&2
    exit 1
  }
done
mkdir -p "$work"
site=${1:-$work/site.toml}
if [ $# -eq 0 ]; then
  printf '%s\n' '[site]' 'id = "k3d"' '[ingress]' 'host = "webscada-edge.localhost"' \
    '[simulator]' 'enabled = true' '[gate]' 'enabled = true' 'hold_seconds = 30' >"$site"
fi
[ -f out/webscada-edge ] || npm run build
[ -f out/webscada-edge-image-x64.tar ] || [ "$(uname -m)" != x86_64 ] || scripts/image.sh --arch x64
[ -f out/webscada-edge-image-arm64.tar ] || [ "$(uname -m)" != aarch64 ] || scripts/image.sh --arch arm64
case "$(uname -m)" in
  aarch64) image=out/webscada-edge-image-arm64.tar ;;
  *) image=out/webscada-edge-image-x64.tar ;;
esac
out/webscada-edge manifest --site "$site" --secret-values "$work/secrets.yaml" -o "$work/site.yaml"
chmod 600 "$work/site.yaml"

k3d cluster list "$cluster" >/dev/null 2>&1 ||
  k3d cluster create "$cluster" --image docker.io/rancher/k3s:v1.33.5-k3s1 --servers 1 --agents 0 --wait \
    --port '8443:443@loadbalancer' --port '1700:1700/udp@loadbalancer' --timeout 300s
k3d image import --cluster "$cluster" "$image"
kube() { kubectl --context "k3d-$cluster" "$@"; }
# Traefik brings the kind of the rate limit; it comes a little after the cluster.
for _ in $(seq 60); do
  kube get crd middlewares.traefik.io >/dev/null 2>&1 && break
  sleep 5
done
namespace=$(awk '/^kind: Namespace/ {found = 1} found && /^  name:/ {print $2; exit}' "$work/site.yaml")
# Without its namespace the API server cannot be asked for the rest. What is refused half-way has done its first half.
kube get namespace "$namespace" >/dev/null 2>&1 || kube create namespace "$namespace"
kube -n "$namespace" delete job webscada-edge-gate --ignore-not-found
kube apply --server-side --dry-run=server -f "$work/site.yaml"
kube apply --server-side -f "$work/site.yaml"
for name in statefulset/mosquitto statefulset/influxdb deployment/chirpstack-gateway-bridge statefulset/webscada-edge; do
  kube -n "$namespace" rollout status "$name" --timeout=300s
done
# What Argo CD and Helm would wait for.
if kube -n "$namespace" get job webscada-edge-gate >/dev/null 2>&1 &&
  ! kube -n "$namespace" wait --for=condition=complete job/webscada-edge-gate --timeout=660s; then
  kube -n "$namespace" logs job/webscada-edge-gate
  exit 1
fi
curl --fail --silent --show-error --insecure --retry 30 --retry-delay 2 --retry-all-errors \
  --resolve webscada-edge.localhost:8443:127.0.0.1 https://webscada-edge.localhost:8443/readyz
echo
echo 'https://webscada-edge.localhost:8443/ (claim code: kubectl -n webscada logs webscada-edge-0 | grep claimCode)'
