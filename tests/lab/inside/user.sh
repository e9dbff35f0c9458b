#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# In the guest: is there a user who is nobody special and may type sudo? Makes NAME, with a home; no password is asked for.
set -euo pipefail
[[ $# -eq 1 ]] || { echo "usage: user.sh NAME" >&2; exit 2; }
command -v sudo >/dev/null || { echo "user.sh: 'sudo' is missing (package sudo)." >&2; exit 2; }
id "$1" >/dev/null 2>&1 || useradd --create-home --shell /bin/bash "$1"
printf '%s ALL=(ALL:ALL) NOPASSWD: ALL\n' "$1" >"/etc/sudoers.d/$1"
chmod 440 "/etc/sudoers.d/$1"
# sudo looks its host up, and there is no network to ask.
grep -q "127.0.1.1 $(hostname)" /etc/hosts || echo "127.0.1.1 $(hostname)" >>/etc/hosts
