#!/usr/bin/env bash
# The way from a site to the centre's Redis over a line that the kernel makes poor: two network namespaces' ends of a cable, netem
# on both (300 ms each way, 5 % loss, 1 Mbit/s), taken down for 5 s of every 20. Then scripts/failover.ts line over it. Needs root,
# iproute2, redis-server, and a kernel with sch_netem (WSE_NETEM=none: tries the rest without it).
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PATH:/usr/sbin"
minutes="${1:-2}"
namespace="wse-centre-$$" near="wse-n$$" far="wse-f$$"
near="${near:0:15}" far="${far:0:15}"
ended() {
  [ -n "${flapping:-}" ] && kill "$flapping" 2>/dev/null
  [ -n "${redis:-}" ] && kill "$redis" 2>/dev/null
  ip link del "$near" 2>/dev/null
  ip netns del "$namespace" 2>/dev/null
  true
}
trap ended EXIT

ip netns add "$namespace"
ip link add "$near" type veth peer name "$far" netns "$namespace"
ip addr add 10.87.0.1/30 dev "$near"
ip link set "$near" up
ip -n "$namespace" addr add 10.87.0.2/30 dev "$far"
ip -n "$namespace" link set "$far" up
ip -n "$namespace" link set lo up
if [ "${WSE_NETEM:-}" != none ]; then
  tc qdisc add dev "$near" root netem delay 300ms loss 5% rate 1mbit
  tc -n "$namespace" qdisc add dev "$far" root netem delay 300ms loss 5% rate 1mbit
fi
ip netns exec "$namespace" redis-server --port 6379 --bind 10.87.0.2 --protected-mode no --save '' --appendonly no >/dev/null &
redis=$!
while true; do
  sleep 20
  ip link set "$near" down
  sleep 5
  ip link set "$near" up
done &
flapping=$!
node scripts/failover.ts line --rounds "$minutes" --redis redis://10.87.0.2:6379 --interface "$near"
