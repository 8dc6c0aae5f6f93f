#!/bin/sh
# An archive of packages on this node with headers for the kernel that runs.
set -eu
release=$(uname -r)
package=/root/headers
archive=/var/lib/headers
mkdir -p "$package/DEBIAN" "$package/usr/src/linux-headers-$release" "$package/usr/lib/modules/$release" "$archive"
ln -s "/usr/src/linux-headers-$release" "$package/usr/lib/modules/$release/build"
cat > "$package/DEBIAN/control" <<CONTROL
Package: linux-headers-$release
Version: 1
Architecture: all
Maintainer: nobody <nobody@example.com>
Description: headers for the test
CONTROL
dpkg-deb --build "$package" "$archive/linux-headers-$release.deb"
# As apt-ftparchive would write it, without having to install that.
{
  cat "$package/DEBIAN/control"
  echo "Filename: ./linux-headers-$release.deb"
  echo "Size: $(stat -c %s "$archive/linux-headers-$release.deb")"
  echo "SHA256: $(sha256sum "$archive/linux-headers-$release.deb" | cut -d ' ' -f 1)"
} > "$archive/Packages"
echo "deb [trusted=yes] file:$archive ./" > /etc/apt/sources.list.d/headers.list
