#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Can a process of this guest drive a device by itself? In a guest with --iommu: gives QEMU's edu device to vfio-pci, prints its group's number.
set -euo pipefail
lab-modprobe vfio-pci vfio_iommu_type1 || { echo "vfio.sh: vfio-pci did not load." >&2; exit 1; }
echo 1234 11e8 >/sys/bus/pci/drivers/vfio-pci/new_id
for device in /sys/bus/pci/drivers/vfio-pci/*:*; do
    [[ -e $device/iommu_group ]] || { echo "vfio.sh: no device of its own IOMMU group; boot with --iommu." >&2; exit 1; }
    basename "$(readlink "$device/iommu_group")"
    exit 0
done
