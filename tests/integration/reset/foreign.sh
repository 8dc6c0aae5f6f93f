#!/usr/bin/env bash
# What others have on a node: rules in both backends as docker makes them, a table of nftables, a set, a bridge, routes. $1 is ufw or firewalld.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq install --no-install-recommends nftables busybox-static "$1" > /dev/null
case $1 in
  ufw) ufw allow 22/tcp && ufw allow from 10.0.0.0/8 && ufw --force enable ;;
  firewalld) firewall-cmd --set-default-zone=trusted && firewall-cmd --zone=public --add-rich-rule='rule family=ipv4 source address=192.0.2.9 drop' ;;
esac > /dev/null

ip link add docker0 type bridge
ip address add 172.17.0.1/16 dev docker0
ip link set docker0 up
ip link add calibrate0 type veth peer name veth01234
ip route add blackhole 198.51.100.0/24 proto 99
ip route add 192.0.2.128/25 dev docker0 proto static
ip -6 route add blackhole 2001:db8:1::/64
ipset create blocklist hash:net
ipset add blocklist 192.0.2.0/24
ipset create california hash:ip
nft add table inet own
nft 'add chain inet own KUBE-like { type filter hook input priority 5; policy accept; }'
nft 'add rule inet own KUBE-like ip saddr 192.0.2.1 drop comment "cali: not Calico"'

for program in iptables-legacy iptables-nft; do
  $program-restore --noflush <<'RULES'
*nat
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A DOCKER -i docker0 -j RETURN
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 18081 -m comment --comment "a \"quoted\" -j KUBE-SERVICES" -j DNAT --to-destination 172.17.0.2:80
COMMIT
*filter
:DOCKER - [0:0]
:DOCKER-USER - [0:0]
:MY-KUBE-CHAIN - [0:0]
-A FORWARD -j DOCKER-USER
-A FORWARD -o docker0 -j DOCKER
-A DOCKER-USER -m set --match-set blocklist src -j DROP
-A DOCKER-USER -m comment --comment "KUBE- and cali- are only words here" -j RETURN
-A MY-KUBE-CHAIN -s 192.0.2.7/32 -p tcp -m multiport --dports 80,443 -j REJECT --reject-with tcp-reset
COMMIT
RULES
done
for program in ip6tables-legacy ip6tables-nft; do
  $program-restore --noflush <<'RULES'
*filter
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A DOCKER-USER -s 2001:db8::/32 -j DROP
COMMIT
RULES
done
