#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Which Debian mirror does this machine use? Whatever format its sources have: apt itself is asked which indexes it would fetch.
set -euo pipefail
codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
mirror=$(apt-get --print-uris update 2>/dev/null | sed -n "s|^'\(.*\)/dists/$codename/InRelease'.*|\1|p" | head -n1)
[[ -n $codename && -n $mirror ]] || { echo "mirror.sh: apt on this machine has no Debian mirror for its own release." >&2; exit 2; }
echo "$mirror"
