#!/usr/bin/env bash
# Makes one tar with which a site is set up where no registry can be reached: the images, the manifests, the executable and
# a README. Images of others are pulled when Docker or skopeo reach a registry; those that cannot be had here are listed in
# images/MISSING, for `docker pull` and `docker save` on a machine that can.
#
#   scripts/airgap.sh SITE.yaml [--arch x64|arm64] [--image FILE] [--executable FILE] [--output FILE] [--no-pull]
#
# SITE.yaml is what `webscada-edge manifest` printed; it may hold secrets, and then so does the bundle.
set -euo pipefail
project=$(cd "$(dirname "$0")/.." && pwd)

fail() {
  echo "airgap: $*" >&2
  exit 1
}

[ $# -ge 1 ] || fail "wants the manifests of a site; see the head of this file"
manifests=$1
shift
arch=x64
image=
executable=$project/out/webscada-edge
output=
pull=true
while [ $# -gt 0 ]; do
  case "$1" in
    --no-pull) pull=false && shift && continue ;;
    --arch | --image | --executable | --output) [ $# -ge 2 ] || fail "$1 wants a value" ;;
    *) fail "unknown option $1; see the head of this file" ;;
  esac
  case "$1" in
    --arch) arch=$2 ;;
    --image) image=$2 ;;
    --executable) executable=$2 ;;
    --output) output=$2 ;;
  esac
  shift 2
done
image=${image:-$project/out/webscada-edge-image-$arch.tar}
output=${output:-$project/out/webscada-edge-airgap-$arch.tar}
case "$arch" in
  x64) platform=amd64 ;;
  arm64) platform=arm64 ;;
  *) fail "--arch must be x64 or arm64" ;;
esac
for file in "$manifests" "$executable" "$(dirname "$executable")/better_sqlite3.node"; do
  [ -f "$file" ] || fail "$file is missing"
done
[ -f "$image" ] || fail "$image is missing; run: scripts/image.sh --arch $arch"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bundle="$work/webscada-edge-airgap"
mkdir -p "$bundle"/{images,bin,manifests}
umask 077
install -m 600 "$manifests" "$bundle/manifests/webscada-edge.yaml"
install -m 755 "$executable" "$bundle/bin/webscada-edge"
install -m 644 "$(dirname "$executable")/better_sqlite3.node" "$bundle/bin/"
install -m 644 "$image" "$bundle/images/webscada-edge.tar"

# Pulls one image into a tar of the airgap folder; says no where no registry answers.
save_image() {
  $pull || return 1
  if command -v skopeo >/dev/null; then
    timeout 600 skopeo copy --quiet --override-arch "$platform" "docker://$1" "docker-archive:$2:$1" 2>/dev/null
  elif docker info >/dev/null 2>&1; then
    timeout 600 docker pull --quiet --platform "linux/$platform" "$1" >/dev/null 2>&1 && docker save -o "$2" "$1"
  else
    return 1
  fi
}

own=$(tar -xOf "$image" ./manifest.json 2>/dev/null || tar -xOf "$image" manifest.json)
missing=()
while read -r name; do
  case "$own" in *"\"$name\""*) continue ;; esac
  file="$bundle/images/$(basename "${name%%:*}").tar"
  save_image "$name" "$file" || { rm -f "$file" && missing+=("$name"); }
done < <(sed -nE 's/^ +(- )?"?image"?: "?([^",]+)"?,?$/\2/p' "$manifests" | sort -u)
[ ${#missing[@]} -eq 0 ] || printf '%s\n' "${missing[@]}" >"$bundle/images/MISSING"

cat >"$bundle/README" <<'END'
WebSCADA Edge without a registry
================================

1. K3s itself: from its release, the binary, its airgap images and install.sh (INSTALL_K3S_SKIP_DOWNLOAD=true).
2. Images, on every node that may run the site:
     mkdir -p /var/lib/rancher/k3s/agent/images && cp images/*.tar /var/lib/rancher/k3s/agent/images/
   images/MISSING, if it is there, lists images that could not be had when this bundle was made. For each, on a machine
   that reaches a registry: docker pull --platform linux/ARCH NAME && docker save -o FILE.tar NAME, and FILE.tar to the
   same folder.
   K3s reads the folder when it starts: systemctl restart k3s, or at once: k3s ctr -n k8s.io images import FILE.tar
3. The site:
     kubectl apply -f manifests/webscada-edge.yaml
   or let K3s keep it applied: copy the file to /var/lib/rancher/k3s/server/manifests/ (mode 600). Removing it from there
   later does not remove the site.

bin/webscada-edge is the same program without Kubernetes; better_sqlite3.node beside it is for machines where nothing may be unpacked.
sha256sum -c SHA256SUMS tells whether everything arrived.
END
(cd "$bundle" && find . -type f -print0 | sort -z | xargs -0 sha256sum) >"$work/sums"
mv "$work/sums" "$bundle/SHA256SUMS"
mkdir -p "$(dirname "$output")"
tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$work" -cf "$output" webscada-edge-airgap
echo "$output: $(($(stat -c %s "$output") / 1000000)) MB"
[ ${#missing[@]} -eq 0 ] || printf 'not in it, no registry was reached: %s\n' "${missing[@]}"
