#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What does this command do on that kernel? Boots the kernel in QEMU on the host's own tree, runs the command, returns its exit code.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: guest.sh [OPTION]... -- COMMAND [ARG...]

  --kernel NAME      6.1, 6.12 or 7.x (default 7.x), or the path of one that was just built, with a slash in it: the directory
                     of `make dir-pkg`, the archive of `make tar-pkg`, the linux-image package of `make bindeb-pkg`
  --out DIR          the guest's /out, writable; also receives the kernel's console.log
  --timeout SECONDS  for boot and command together (default 300)
  --memory SIZE      default 2G
  --smp N            default 2
  --swap SIZE        a swap device of this size (512M, 1G)
  --icount           guest time counts instructions: costs that are the same on every run
  --nvme-cmb SIZE    an NVMe disk with this much controller memory (64M), for PCI peer-to-peer pages
  --iommu            an IOMMU, and a device that no driver takes (QEMU's edu) for vfio-pci
  --module NAME      load this module with its dependencies before the command; may be repeated
  --quiet            only the command's output and errors

The command sees the host's files, may write anywhere, and only what it writes to /out stays. Its stdout and stderr come out of
stdout. Exit code: the command's; 2 usage or no kernel; 70 the kernel went down; 124 out of time.
TEXT
}

say() { [[ $quiet = 1 ]] || printf 'guest.sh: %s\n' "$*" >&2; }
die() { printf 'guest.sh: %s\n' "$*" >&2; exit 2; }

kernel=7.x out='' timeout=300 memory=2G smp=2 swap='' icount=0 cmb='' iommu=0 modules='' quiet=0
while [[ $# -gt 0 ]]; do
    case $1 in
        --kernel|--out|--timeout|--memory|--smp|--swap|--nvme-cmb|--module)
            [[ $# -ge 2 && $2 != -- ]] || die "$1 needs a value; see guest.sh --help."
            case $1 in
                --kernel) kernel=$2 ;;      --out) out=$2 ;;       --timeout) timeout=$2 ;;   --memory) memory=$2 ;;
                --smp) smp=$2 ;;            --swap) swap=$2 ;;     --nvme-cmb) cmb=$2 ;;      --module) modules+=" $2" ;;
            esac
            shift 2 ;;
        --icount) icount=1; shift ;;
        --iommu) iommu=1; shift ;;
        --quiet) quiet=1; shift ;;
        --help|-h) usage; exit 0 ;;
        --) shift; break ;;
        *) die "'$1' is not an option; see guest.sh --help (the command comes after --)." ;;
    esac
done
[[ $# -gt 0 ]] || die "no command was given after --; see guest.sh --help."
[[ $timeout =~ ^[1-9][0-9]*$ ]] || die "--timeout takes whole seconds, not '$timeout'."
[[ $smp =~ ^[1-9][0-9]*$ ]] || die "--smp takes a number of CPUs, not '$smp'."
for size in "$memory" $swap $cmb; do
    [[ $size =~ ^[1-9][0-9]*[MG]$ ]] || die "a size is a number with M or G, not '$size'."
done
command -v qemu-system-x86_64 >/dev/null || die "'qemu-system-x86_64' is missing (package qemu-system-x86)."

lab=$(cd "$(dirname "$0")" && pwd)
dir=$("$lab/kernel.sh" "$kernel")
initramfs=$("$lab/initramfs.sh" "$dir")
accel=$("$lab/accel.sh" "$dir" "$initramfs")
[[ $icount = 0 ]] || accel=tcg

state=$(mktemp -d "${TMPDIR:-/tmp}/mirrorscope-guest.XXXXXX")
qemu_pid=''
cleanup() { [[ -z $qemu_pid ]] || kill "$qemu_pid" 2>/dev/null || true; rm -rf "$state"; }
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

console=$state/console.log
if [[ -n $out ]]; then
    mkdir -p "$out" || die "the output directory $out cannot be made."
    out=$(cd "$out" && pwd)
    console=$out/console.log
fi

# What the guest's init reads (a shell fragment) and what it runs.
printf 'out=%d swap=%d modules=%q\n' "${out:+1}" "${swap:+1}" "${modules# }" >"$state/options"
{
    printf 'export PATH=%q HOME=%q LANG=%q\n' "$PATH:/usr/sbin:/sbin:/run/lab/bin" "${HOME:-/root}" "${LANG:-C}"
    printf 'cd -- %q || exit 2\nexec' "$PWD"
    printf ' %q' "$@"
    echo
} >"$state/run"
: >"$state/status"

q() { printf '%s' "${1//,/,,}"; } # a comma ends a QEMU suboption unless it is doubled
# Emulated, beside other guests, a CPU may stand still for longer than the kernel's 20 s: that is no lockup.
board=pc arguments=' watchdog_thresh=60'
if [[ $iommu = 1 ]]; then board=q35 arguments+=' intel_iommu=on'; fi
machine=(-nodefaults -no-user-config -no-reboot -display none -machine "$board" -m "$memory" -smp "$smp")
if [[ $accel = kvm ]]; then
    machine+=(-accel kvm -cpu max)
else
    # One thread for all CPUs: with QEMU 7.2 and thread=multi the guest now and then dies while the kernel patches its own text.
    # Without ERMS the kernel clears pages by words: emulated, `rep stosb` is a turn for each byte (a recording begins 9 % earlier).
    machine+=(-accel "tcg,thread=single" -cpu max,erms=off)
    [[ $icount = 0 ]] || machine+=(-icount shift=0)
fi
[[ $iommu = 0 ]] || machine+=(-device intel-iommu -device edu)
share() { machine+=(-virtfs "local,path=$(q "$1"),mount_tag=$2,security_model=none,multidevs=remap${3:-}"); }
share / host ,readonly=on
share "$dir/modules/lib/modules" modules ,readonly=on
share "$state" state
[[ -z $out ]] || share "$out" out
if [[ -n $swap ]]; then
    truncate -s "$swap" "$state/swap"
    machine+=(-drive "file=$(q "$state/swap"),format=raw,if=virtio,cache=unsafe")
fi
if [[ -n $cmb ]]; then
    mib=${cmb%[MG]}; [[ $cmb != *G ]] || mib=$((mib * 1024))
    truncate -s 64M "$state/nvme"
    machine+=(-drive "if=none,id=nvme,file=$(q "$state/nvme"),format=raw,cache=unsafe" -device "nvme,serial=lab,drive=nvme,cmb_size_mb=$mib")
fi

# The command's output leaves through its own port, byte for byte; the kernel's console goes to a file.
exec 3> >(exec cat)
output_pid=$!
machine+=(-serial "file:$console" -device virtio-serial-pci
    -chardev "file,id=output,path=/dev/fd/3,append=on" -device "virtserialport,nr=1,chardev=output")

say "booting $(<"$dir/version") ($accel, $smp CPUs, $memory)"
began=$SECONDS
setpriv --pdeathsig TERM timeout --kill-after 5 "$timeout" qemu-system-x86_64 "${machine[@]}" \
    -kernel "$dir/vmlinuz" -initrd "$initramfs" \
    -append "console=ttyS0 loglevel=5 panic=-1 oops=panic no_timer_check rdinit=/init$arguments" </dev/null >"$state/qemu.log" 2>&1 &
qemu_pid=$!
ended=0
wait "$qemu_pid" || ended=$?
qemu_pid=''
exec 3>&-
wait "$output_pid" || true

tail_console() { tail -n 25 "$console" | tr -d '\r' >&2; }
complaints=$(grep -aE 'WARNING: |BUG: |Oops: |INFO: task .* blocked|rcu.*detected.*stall' "$console" | tr -d '\r' || true)
if [[ -n $complaints ]]; then
    echo "guest.sh: the kernel complained $(wc -l <<<"$complaints") time(s)${out:+ (see $console)}, first: ${complaints%%$'\n'*}" >&2
fi
read -r what value <"$state/status" || what=none

if [[ $what = exit ]]; then
    say "the command ended with $value after $((SECONDS - began)) s"
    exit "$value"
elif [[ $what = fail ]]; then
    echo "guest.sh: the guest $value; its last lines:" >&2
elif panic=$(grep -aom1 "Kernel panic - not syncing.*" "$console"); then
    echo "guest.sh: the kernel went down (${panic%$'\r'}); its last lines:" >&2
elif [[ $ended = 124 || $ended = 137 ]]; then
    echo "guest.sh: the command was not done after $timeout s, so the guest was stopped." >&2
    exit 124
else
    echo "guest.sh: the guest went down without an answer (QEMU exit $ended): $(tail -n 1 "$state/qemu.log")" >&2
fi
tail_console
exit 70
