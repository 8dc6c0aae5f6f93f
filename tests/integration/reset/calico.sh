#!/usr/bin/env bash
# What Calico and kube-proxy leave on a node, beside what the lab's K3s and CNI plugins make themselves. Calico's own images cannot be pulled here.
set -euo pipefail
ip link add vxlan.calico type vxlan id 4096 dev eth0 dstport 4789
ip address add 10.42.77.0/32 dev vxlan.calico
ip link set vxlan.calico up
ip link add cali0123456789a type veth peer name peer0
ip link set cali0123456789a up
# The kernel of the lab has no dummy interfaces, of which kube-proxy's is one.
ip link add kube-ipvs0 type bridge
ip route add 10.42.77.9/32 dev cali0123456789a scope link
ip route add blackhole 10.42.77.0/26 proto 80
ip route add 10.42.78.0/26 via 10.42.78.0 dev vxlan.calico onlink proto 80
ip route add blackhole 10.42.79.0/26 proto bird
ip -6 route add blackhole fd00:42::/122 proto bird

for program in iptables-legacy iptables-nft ip6tables-legacy ip6tables-nft; do
  $program-restore --noflush <<'RULES'
*raw
:cali-PREROUTING - [0:0]
:cali-rpf-skip - [0:0]
-A PREROUTING -m comment --comment "cali:6gwbT8clXdHdC1b1" -j cali-PREROUTING
-A cali-PREROUTING -m comment --comment "cali:XFX5xbM8B9qR10JG" -j MARK --set-xmark 0x0/0xf0000
-A cali-PREROUTING -m comment --comment "cali:1ScqQ6IOzJnIEyqI" -j cali-rpf-skip
COMMIT
*mangle
:cali-POSTROUTING - [0:0]
-A POSTROUTING -m comment --comment "cali:O3lYWMrLQYEMJtB5" -j cali-POSTROUTING
-A cali-POSTROUTING -m comment --comment "cali:nnqPh8lh2VOogSzX" -j RETURN
COMMIT
*nat
:KUBE-SERVICES - [0:0]
:KUBE-SEP-P6TOCEAEJA7JS5UC - [0:0]
:cali-POSTROUTING - [0:0]
-A POSTROUTING -m comment --comment "cali:O3lYWMrLQYEMJtB5" -j cali-POSTROUTING
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A KUBE-SERVICES -p tcp -m tcp --dport 443 -j KUBE-SEP-P6TOCEAEJA7JS5UC
COMMIT
*filter
:cali-INPUT - [0:0]
:cali-FORWARD - [0:0]
:cali-from-wl-dispatch - [0:0]
-A INPUT -m comment --comment "cali:Cz_u1IQiXIMmKD4c" -j cali-INPUT
-A FORWARD -m comment --comment "cali:wUHhoiAYhphO9Mso" -j cali-FORWARD
-A FORWARD -m comment --comment "cali:S93hcgKJrXEqnTfs" -m comment --comment "Policy explicitly accepted packet." -m mark --mark 0x10000/0x10000 -j ACCEPT
-A cali-FORWARD -i cali+ -m comment --comment "cali:8ZoYfO5HKXWbB3pk" -j cali-from-wl-dispatch
-A cali-INPUT -p udp -m comment --comment "cali:w7ud65FHNhfR5Wtk" -m multiport --dports 4789 -j ACCEPT
COMMIT
RULES
done
ipset create cali40all-hosts-net hash:net
ipset add cali40all-hosts-net 10.1.1.1
ipset create cali60this-host hash:ip family inet6
ipset create KUBE-CLUSTER-IP hash:ip,port
iptables -I INPUT 1 -p udp -m comment --comment "cali:jPmB7lqNBVgBSBMq" -m set --match-set cali40all-hosts-net src -j ACCEPT
mkdir -p /var/lib/calico /run/calico
echo node > /var/lib/calico/nodename
touch /etc/cni/net.d/calico-kubeconfig /opt/cni/bin/calico /opt/cni/bin/calico-ipam
