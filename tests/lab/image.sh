#!/usr/bin/env bash
# Makes the image of a lab node: systemd, sshd, Python and apt, as a fresh server has them.
#
# Where a registry answers, the base is the real Ubuntu 20.04. Where none does, it is Debian bookworm from debootstrap that
# presents itself as Ubuntu 20.04 in /etc/os-release, which also says that it is a stand-in.
# Usage: image.sh <image name> [<suite of Debian>]; with a suite the base is that one, presenting itself in the same way.
# LAB_BASE_IMAGE names a base image to use instead of Ubuntu 20.04.
set -euo pipefail

image=$1
suite=${2:-}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT

packages=(ca-certificates containernetworking-plugins dbus iproute2 ipset iptables kmod openssh-server openssl procps
  python3 python3-apt python3-yaml systemd systemd-sysv)

ubuntu_base() {
  local base=${LAB_BASE_IMAGE:-ubuntu:20.04}
  timeout 60 podman pull --quiet --policy missing "$base" >/dev/null 2>&1 || return 1
  printf 'FROM %s\nRUN apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends %s\n' \
    "$base" "${packages[*]}" > "$work/Containerfile"
  podman build --quiet --runtime runc --tag "$image-base" "$work" >/dev/null
  podman create --name "lab-base-$$" "$image-base" true >/dev/null
  mkdir "$work/root"
  podman export "lab-base-$$" | tar --extract --directory "$work/root"
  podman rm "lab-base-$$" >/dev/null
  podman rmi --force "$image-base" >/dev/null
  echo "Node image: from $base"
}

debian_base() {
  local suite=$1
  debootstrap --variant=minbase --include="$(IFS=,; echo "${packages[*]}")" "$suite" "$work/root" > "$work/log" 2>&1 \
    || { tail -n 20 "$work/log" >&2; exit 1; }
  cat > "$work/root/etc/os-release" <<RELEASE
# A stand-in: this is Debian $suite, which presents itself as Ubuntu where no image of Ubuntu can be had.
NAME="Ubuntu"
VERSION="20.04.6 LTS (Focal Fossa)"
ID=ubuntu
ID_LIKE=debian
PRETTY_NAME="Ubuntu 20.04.6 LTS"
VERSION_ID="20.04"
VERSION_CODENAME=focal
UBUNTU_CODENAME=focal
VARIANT="Debian $suite stand-in"
RELEASE
  echo "Node image: Debian $suite presenting itself as Ubuntu 20.04"
}

if [ -n "$suite" ]; then
  debian_base "$suite"
else
  ubuntu_base || debian_base bookworm
fi
root=$work/root

# One machine-id in the image would give every node the same MAC address; systemd makes one at the first start.
: > "$root/etc/machine-id"
rm -f "$root/var/lib/dbus/machine-id"
# udev would rename and re-address the network interface that podman made.
for unit in systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket apt-daily.timer apt-daily-upgrade.timer; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
# On a machine systemd shares the root mount with the mount namespaces below it; in a container it leaves that to others.
cat > "$root/etc/systemd/system/lab-shared-root.service" <<'UNIT'
[Unit]
DefaultDependencies=no
Before=sysinit.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/mount --make-rshared /
[Install]
WantedBy=sysinit.target
UNIT
mkdir -p "$root/etc/systemd/system/sysinit.target.wants"
ln -sf ../lab-shared-root.service "$root/etc/systemd/system/sysinit.target.wants/"
echo 'PermitRootLogin prohibit-password' > "$root/etc/ssh/sshd_config.d/lab.conf"
install -d -m 0700 "$root/root/.ssh"
# Calico's images cannot be pulled in the lab; a bridge network makes the nodes Ready without it.
install -D -m 0644 "$here/cni-bridge.conflist" "$root/etc/cni/net.d/87-lab-bridge.conflist"

tar --create --directory "$root" . | podman import --change 'CMD ["/sbin/init"]' - "$image" >/dev/null 2>&1
