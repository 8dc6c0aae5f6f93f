#!/usr/bin/env bash
# Installs the system packages that a part of the project needs, and only those that are missing.
# Usage: system.sh venv|lab|browser|bench|vm, or etcd, which only unpacks etcd into .cache/ and needs not to be root.
set -euo pipefail

unpack_etcd() {
  local cache target
  cache=$(cd "$(dirname "$0")/../.." && pwd)/.cache
  mkdir -p "$cache"
  target=$(mktemp --directory "$cache/etcd.XXXXXX")
  (cd "$target" && apt-get --quiet=2 --option APT::Sandbox::User=root download etcd-server && dpkg-deb --extract etcd-server_*.deb . && rm etcd-server_*.deb)
  rm -rf "$cache/etcd"
  mv "$target" "$cache/etcd"
}

case "${1:-}" in
  etcd) unpack_etcd; exit ;;
  venv) packages=("python3-venv") ;;
  lab) packages=(debootstrap iproute2 iptables netavark openssh-client podman runc shellcheck) ;;
  browser) packages=(chromium poppler-utils) ;;
  bench) packages=(kubernetes-client) ;;
  vm) packages=(fdisk qemu-system-x86) ;;
  *) echo "usage: $0 venv|lab|browser|bench|vm|etcd" >&2; exit 2 ;;
esac

missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing+=("$package")
done
[ "${#missing[@]}" -gt 0 ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
  echo "These packages are missing: ${missing[*]}. Install them with apt-get, or run this as root." >&2
  exit 1
fi
echo "Installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get --quiet=2 update
apt-get --quiet=2 --no-install-recommends install "${missing[@]}" >/dev/null
