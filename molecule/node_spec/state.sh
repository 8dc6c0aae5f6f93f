#!/bin/sh
# Describes everything on a machine that a role could change: files, kernel settings, mounts, units, packages, network.
find / -xdev \( -path /tmp -o -path /root/.ansible -o -path /var/log -o -path /var/lib/systemd/timers \) -prune -o -type f -printf '%p %m %u %s %T@\n' \
  | grep -v -e /__pycache__/ -e '^/var/lib/systemd/random-seed' | sort
sysctl --all 2> /dev/null | grep -e '^net\.ipv4\.ip_forward ' -e ip_local_ -e '^net\.bridge' -e '^user\.' -e inotify
cut -d ' ' -f 5 /proc/self/mountinfo | sort
systemctl list-unit-files --no-legend --no-pager --type=service,timer,socket
dpkg-query --show
ip -o link show | cut -d ' ' -f 2
