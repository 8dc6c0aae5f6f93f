#!/bin/sh
# Makes a package repository with the layout of the vendor's: the suite focal, the component stable, the key under gpg.
# Its containerd.io is the containerd 2.x of Debian's next release under the vendor's name.
set -eu

root=$1
export DEBIAN_FRONTEND=noninteractive
apt-get --quiet update
apt-get --quiet install --yes --no-install-recommends apt-utils gnupg

work=$(mktemp -d)
chmod 0755 "$work"
cd "$work"
# The mirror is the one that this machine uses already.
mirror=$(apt-get indextargets --format "\$(SITE)" 'Created-By: Packages' | grep -v security | head -n 1)
echo "deb [trusted=yes] $mirror testing main" > testing.list
mkdir lists
from_testing() {
  # An archive may be a copy that is older than its Release file allows.
  apt-get --quiet -o Acquire::Check-Valid-Until=false -o "Dir::Etc::SourceList=$work/testing.list" -o Dir::Etc::SourceParts=- \
    -o "Dir::State::Lists=$work/lists" "$@"
}
from_testing update
from_testing download containerd
dpkg-deb --raw-extract containerd_*.deb tree
sed -i 's/^Package: .*/Package: containerd.io/; /^Source:/d; s/^Provides:.*/&, containerd/; $a Conflicts: containerd' tree/DEBIAN/control
mkdir -p "$root/dists/focal/stable/binary-amd64" "$root/pool"
dpkg-deb -Znone --build tree "$root/pool/containerd.io.deb"

cd "$root"
apt-ftparchive packages pool > dists/focal/stable/binary-amd64/Packages
apt-ftparchive -o APT::FTPArchive::Release::Suite=focal -o APT::FTPArchive::Release::Codename=focal release dists/focal > "$work/Release"
mv "$work/Release" dists/focal/Release
GNUPGHOME=$work/gnupg
export GNUPGHOME
mkdir -m 0700 "$GNUPGHOME"
gpg --batch --quiet --passphrase '' --quick-generate-key 'Vendor <vendor@example.com>' default default never
gpg --batch --quiet --clearsign --output dists/focal/InRelease dists/focal/Release
gpg --batch --quiet --armor --output "$root/gpg" --export
