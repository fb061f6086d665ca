#!/usr/bin/env bash
# Removes the cluster of k3d-up.sh with everything in it.
set -euo pipefail
k3d cluster delete webscada-edge
