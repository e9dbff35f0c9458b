#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# How are Debian's packages of these suites fetched without touching this machine's apt? Makes a private apt in a directory, prints its configuration.
set -euo pipefail
[[ $# -ge 2 ]] || { echo "usage: apt.sh DIRECTORY SUITE..." >&2; exit 2; }
apt=$1
shift
mirror=$("$(dirname "$0")/mirror.sh")

# Own sources, lists and archives; the machine's proxies, credentials and keys. The hooks of the machine's apt (docker-clean and the like)
# work on the machine's directories and are left out.
mkdir -p "$apt"/{lists/partial,cache/archives/partial,parts}
for suite; do echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main"; done >"$apt/sources.list"
cat >"$apt/apt.conf" <<CONF
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "$apt/parts";
Dir::State::Lists "$apt/lists";
Dir::Cache "$apt/cache";
APT::Sandbox::User "";
Acquire::Retries "3";
CONF
apt-get -qq -c="$apt/apt.conf" update >&2 || { echo "apt.sh: apt could not read the package lists of $*." >&2; exit 2; }
echo "$apt/apt.conf"
