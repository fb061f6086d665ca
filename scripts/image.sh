#!/usr/bin/env bash
# Builds the container image: the executable, SQLite's addon, the C and C++ libraries they need, and nothing else; no shell,
# no package manager, not root. Needs buildah (no daemon) or Docker. The result is a tar that `docker load`, `ctr images
# import` and the airgap folder of K3s (/var/lib/rancher/k3s/agent/images) all take.
#
#   scripts/image.sh [--arch x64|arm64] [--executable FILE] [--sysroot FOLDER] [--name NAME:TAG] [--output FILE] [--docker]
#
# For the other architecture, --executable names its executable (the addon beside it) and --sysroot a folder in which its
# libraries lie, as /usr/aarch64-linux-gnu of Debian's libc6-arm64-cross and libstdc++6-arm64-cross.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
  echo "image: $*" >&2
  exit 1
}

case "$(uname -m)" in
  x86_64) machine=x64 ;;
  aarch64) machine=arm64 ;;
  *) fail "this machine is $(uname -m); x64 or arm64 is needed" ;;
esac
arch=$machine
executable=out/webscada-edge
sysroot=
output=
engine=buildah
command -v buildah >/dev/null || engine=docker
version=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' package.json)
name="localhost/webscada/webscada-edge:$version"
while [ $# -gt 0 ]; do
  case "$1" in
    --docker) engine=docker && shift && continue ;;
    --arch | --executable | --sysroot | --name | --output) [ $# -ge 2 ] || fail "$1 wants a value" ;;
    *) fail "unknown option $1; see the head of this file" ;;
  esac
  case "$1" in
    --arch) arch=$2 ;;
    --executable) executable=$2 ;;
    --sysroot) sysroot=$2 ;;
    --name) name=$2 ;;
    --output) output=$2 ;;
  esac
  shift 2
done

case "$arch" in
  x64) platform=amd64 triplet=x86_64-linux-gnu loader=/lib64/ld-linux-x86-64.so.2 ;;
  arm64) platform=arm64 triplet=aarch64-linux-gnu loader=/lib/ld-linux-aarch64.so.1 ;;
  *) fail "--arch must be x64 or arm64" ;;
esac
[ "$arch" = "$machine" ] || [ -n "$sysroot" ] ||
  fail "an image for $arch on $machine needs --executable and --sysroot; see the head of this file"
output=${output:-out/webscada-edge-image-$arch.tar}
addon="$(dirname "$executable")/better_sqlite3.node"
for file in "$executable" "$addon"; do
  [ -f "$file" ] || fail "$file is missing; run: npm run build"
done
command -v "$engine" >/dev/null || fail "neither buildah nor docker is installed"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root="$work/root"

# Where a library lies: in the sysroot, or where this machine's own loader finds it.
find_library() {
  local folder
  for folder in "$sysroot/lib/$triplet" "$sysroot/usr/lib/$triplet" "$sysroot/lib" "$sysroot/lib64" "$sysroot/usr/lib64"; do
    if [ -e "$folder/$1" ]; then
      readlink -f "$folder/$1"
      return
    fi
  done
  fail "$1 for $arch is not below ${sysroot:-/}"
}

mkdir -p "$root"/{app,data,dev,proc,sys,tmp,etc/ssl/certs,lib/"$triplet"} "$root$(dirname "$loader")"
install -m 755 "$executable" "$root/app/webscada-edge"
install -m 644 "$addon" "$root/app/better_sqlite3.node"
for library in libc.so.6 libm.so.6 libdl.so.2 libpthread.so.0 libstdc++.so.6 libgcc_s.so.1; do
  file=$(find_library "$library")
  install -m 644 "$file" "$root/lib/$triplet/$library"
done
file=$(find_library "$(basename "$loader")")
install -m 755 "$file" "$root$loader"
echo 'webscada-edge:x:10001:10001::/data:/nonexistent' >"$root/etc/passwd"
echo 'webscada-edge:x:10001:' >"$root/etc/group"
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
chmod 1777 "$root/tmp"

# One layer, the same bytes whenever and by whomever it is made.
pack() { tar --sort=name --mtime=@0 --numeric-owner -C "$root" "$@"; }
pack --owner=0 --group=0 --exclude=./data -cf "$work/root.tar" .
pack --owner=10001 --group=10001 --mode=0750 -rf "$work/root.tar" ./data
cat >"$work/Containerfile" <<'END'
FROM scratch
ADD root.tar /
USER 10001:10001
WORKDIR /data
ENV HOME=/data WSE_STORE__DIR=/data WSE_HTTP__HOST=0.0.0.0 NODE_OPTIONS="--max-semi-space-size=1 --max-old-space-size=128" MALLOC_ARENA_MAX=1
EXPOSE 8080
ENTRYPOINT ["/app/webscada-edge"]
CMD ["run"]
END
rm -rf "$root"
label="org.opencontainers.image.version=$version"

# Makes an OCI layout known by its full name to containerd, and readable for Docker, which before 25 knows no OCI layouts.
describe() {
  local manifest config layers
  manifest="$1/blobs/sha256/$(grep -o '"digest":"sha256:[0-9a-f]*' "$1/index.json" | cut -d: -f3)"
  config=$(grep -o '"config":{[^}]*}' "$manifest" | grep -o 'sha256:[0-9a-f]*' | cut -d: -f2)
  layers=$(grep -o '"layers":\[.*\]' "$manifest" | grep -o 'sha256:[0-9a-f]*' | cut -d: -f2 |
    sed 's|.*|"blobs/sha256/&"|' | paste -sd,)
  echo "[{\"Config\":\"blobs/sha256/$config\",\"RepoTags\":[\"$name\"],\"Layers\":[$layers]}]" >"$1/manifest.json"
  sed -i "s|\"annotations\":{|&\"io.containerd.image.name\":\"$name\",|" "$1/index.json"
}

mkdir -p "$(dirname "$output")"
rm -f "$output"
if [ "$engine" = buildah ]; then
  echo '{"default":[{"type":"insecureAcceptAnything"}]}' >"$work/policy.json"
  with_storage() { buildah --root "$work/storage" --runroot "$work/run" --storage-driver vfs "$@"; }
  with_storage bud --quiet --signature-policy "$work/policy.json" --isolation chroot --timestamp 0 \
    --platform "linux/$platform" --label "$label" -f "$work/Containerfile" -t "$name" "$work" >/dev/null
  with_storage push --quiet --signature-policy "$work/policy.json" "$name" "oci:$work/layout:$name"
  describe "$work/layout"
  tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$work/layout" -cf "$output" .
else
  docker build --quiet --platform "linux/$platform" --label "$label" -f "$work/Containerfile" -t "$name" "$work" >/dev/null
  docker save -o "$output" "$name"
fi
echo "$output: $name for $arch, $(($(stat -c %s "$output") / 1000000)) MB"
