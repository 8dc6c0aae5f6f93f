#!/usr/bin/env bash
# Makes the disk of a virtual machine: Debian bookworm with a boot loader, sshd and Python, presenting itself as Ubuntu 20.04.
# Its kernel is that of bullseye (5.10), so that bookworm's own (6.1) is a newer one that can be installed.
# Usage: image.sh <disk> <public key>
set -euo pipefail

disk=$1
key=$2
size=6G
packages=(ca-certificates dbus grub-pc initramfs-tools iproute2 kmod openssh-server procps python3
  systemd systemd-sysv udev)

root=$(mktemp -d)
whole=""
part=""
finish() {
  for mount in "$root/dev" "$root/proc" "$root/sys" "$root"; do
    if mountpoint --quiet "$mount"; then umount "$mount"; fi
  done
  for loop in $part $whole; do losetup --detach "$loop"; done
  rmdir "$root"
}
trap finish EXIT

rm -f "$disk"
truncate --size "$size" "$disk"
echo 'label: dos
start=2048, type=83, bootable' | sfdisk --quiet "$disk"
# Kernels without partitions on loop devices need a second device, at the first partition.
whole=$(losetup --find --show "$disk")
part=$(losetup --find --show --offset $((2048 * 512)) "$disk")
mkfs.ext4 -q -L root "$part"
mount "$part" "$root"
debootstrap --variant=minbase --include="$(IFS=,; echo "${packages[*]}")" bookworm "$root" > "$disk.log" 2>&1 || { tail -n 20 "$disk.log" >&2; exit 1; }
mount --bind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount -t sysfs sys "$root/sys"

rm -f "$root/etc/os-release"
cat > "$root/etc/os-release" <<'RELEASE'
# A stand-in: this is Debian bookworm, which presents itself as Ubuntu.
NAME="Ubuntu"
ID=ubuntu
ID_LIKE=debian
PRETTY_NAME="Ubuntu 20.04.6 LTS"
VERSION_ID="20.04"
VERSION_CODENAME=focal
VARIANT="Debian bookworm stand-in"
RELEASE
echo 'LABEL=root / ext4 defaults 0 1' > "$root/etc/fstab"
echo vm > "$root/etc/hostname"
: > "$root/etc/machine-id"
printf '[Match]\nName=eth0\n[Network]\nDHCP=ipv4\n' > "$root/etc/systemd/network/eth0.network"
# The name server of QEMU's user network.
echo 'nameserver 10.0.2.3' > "$root/etc/resolv.conf"
install -D -m 0600 "$key" "$root/root/.ssh/authorized_keys"
cat > "$root/etc/default/grub" <<'GRUB'
GRUB_DEFAULT=0
GRUB_TIMEOUT=0
GRUB_DISABLE_OS_PROBER=true
GRUB_CMDLINE_LINUX="console=ttyS0 net.ifnames=0"
GRUB
sed 's/ bookworm main/ bullseye main/' "$root/etc/apt/sources.list" > "$root/etc/apt/sources.list.d/bullseye.list"
{
  chroot "$root" systemctl enable systemd-networkd
  chroot "$root" apt-get --quiet update
  DEBIAN_FRONTEND=noninteractive chroot "$root" apt-get --quiet install --yes --no-install-recommends 'linux-image-cloud-amd64=5.10.*'
  rm "$root/etc/apt/sources.list.d/bullseye.list"
  # From here it looks as if there were no partition, so what reads one has to be named.
  chroot "$root" grub-install --target=i386-pc --modules="part_msdos ext2 search_fs_uuid" "$whole"
} >> "$disk.log" 2>&1 || { tail -n 20 "$disk.log" >&2; exit 1; }

# update-grub does not work on loop devices. The machine runs it by itself when it installs a kernel.
release=$(ls "$root/lib/modules")
cat > "$root/boot/grub/grub.cfg" <<GRUB
search --no-floppy --label root --set=root
linux /boot/vmlinuz-$release root=LABEL=root console=ttyS0 net.ifnames=0
initrd /boot/initrd.img-$release
boot
GRUB
