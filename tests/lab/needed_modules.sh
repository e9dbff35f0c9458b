# SPDX-License-Identifier: Apache-2.0
# What a guest's kernel needs to reach the host's tree; everything else is loaded from there. Sourced.
#
# Each: the module, and the option of the kernel's configuration that builds it.
needed_modules=(virtio_pci:VIRTIO_PCI virtio_console:VIRTIO_CONSOLE 9pnet_virtio:NET_9P_VIRTIO 9p:9P_FS overlay:OVERLAY_FS)

# needed_lines TREE [MODULE...]: their lines in modules.dep of TREE (lib/modules/RELEASE), without the colon: a module's path, the paths of all it depends
# on. What is built in has none.
needed_lines() {
    local tree=$1 module
    shift
    for module in "${@:-${needed_modules[@]%%:*}}"; do
        sed -nE "s#^([^:]*/${module//_/[_-]}\.ko):(.*)#\1 \2#p" "$tree/modules.dep"
    done
}
# needed_files TREE: the paths of all of them and of what they depend on, below TREE, a line each.
needed_files() { needed_lines "$1" | tr ' ' '\n' | sed '/^$/d' | sort -u; }
