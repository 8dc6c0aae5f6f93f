#!/bin/sh
# Run on a node of the lab: it then looks as if it had an old kernel, and a newer one that waits to be booted.
# Usage: old_kernel.sh <module that the newer one has built in> ...
#
# A container cannot reboot and come back, since its address and more is its container's. Here "reboot" stops what a reboot would stop and starts it
# again: K3s, the pods, sshd with all its connections; the machine's boot_id is another one then. The old kernel is a personality of sshd's processes,
# see setarch(8), which shows them 2.6 as the kernel's version.
# When the node was away is kept in /var/log/away: seconds from which on and seconds until.
set -eu

mkdir -p /boot "/lib/modules/$(uname -r)" /etc/systemd/system/ssh.service.d
touch "/boot/vmlinuz-$(uname -r)"
printf 'kernel/%s.ko\n' "$@" >"/lib/modules/$(uname -r)/modules.builtin"

cat /proc/sys/kernel/random/uuid >/run/boot_id
mount --bind /run/boot_id /proc/sys/kernel/random/boot_id

cat >/etc/systemd/system/ssh.service.d/old-kernel.conf <<'END'
[Service]
ExecStart=
ExecStart=/usr/bin/setarch --uname-2.6 /usr/sbin/sshd -D
END

cat >/usr/local/sbin/away <<'END'
#!/bin/sh
sleep 1 # so that the connection that asked for it is told
from=$(date +%s)
units=$(systemctl list-units --plain --no-legend 'k3s*.service' | cut --delimiter=' ' --fields=1)
systemctl stop $units ssh
pkill -f sshd: || true
pkill -f containerd-shim || true
rm -f /etc/systemd/system/ssh.service.d/old-kernel.conf
cat /proc/sys/kernel/random/uuid >/run/boot_id
systemctl daemon-reload
sleep 3
systemctl start ssh
sleep 5 # for K3s comes up after sshd
systemctl start $units
echo "$from $(date +%s)" >>/var/log/away
END
chmod 0755 /usr/local/sbin/away

rm /sbin/shutdown
printf '#!/bin/sh\nexec systemd-run --no-block /usr/local/sbin/away\n' >/sbin/shutdown
chmod 0755 /sbin/shutdown

systemctl daemon-reload
systemctl stop ssh
pkill -f sshd: || true # connections that Ansible keeps know the real kernel
systemctl start ssh
