# shellcheck shell=sh
# Installs the package that the positional parameter names.
exec 2>&1
export DEBIAN_FRONTEND=noninteractive LC_ALL=C

apt() {
  apt-get --quiet --yes --option DPkg::Lock::Timeout=300 --option Dpkg::Options::=--force-confdef --option Dpkg::Options::=--force-confold "$@"
}
install() {
  apt update && apt install --no-install-recommends "$1"
}

# apt refuses to work where dpkg was interrupted. That is fixed after apt has failed, because apt waits for another one at work and dpkg does not.
install "$1" || {
  dpkg --configure -a --force-confdef --force-confold
  apt --fix-broken install && install "$1"
}
