# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What kernel_info and node_spec share in their documentation: what the kernel of a node has to be (requirements section 3)."""


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  kernel_modules:
    description: Kernel modules that must be loaded or built in (§3).
    type: list
    elements: str
    default:
      - overlay
      - br_netfilter
      - nf_conntrack
      - veth
      - vxlan
      - fuse
      - tun
      - ip_set
      - xt_set
      - nf_tables
      - nft_chain_nat
      - nft_masq
      - iptable_nat
  sysctls:
    description: Sysctls that the node must have, as a dictionary from the key to the value (§3). One that only some kernels have may be absent.
    type: dict
    default:
      kernel.unprivileged_userns_clone: 1
      kernel.apparmor_restrict_unprivileged_userns: 0
      kernel.dmesg_restrict: 1
      vm.unprivileged_userfaultfd: 0
      net.ipv4.ip_forward: 1
      net.bridge.bridge-nf-call-iptables: 1
  sysctls_at_least:
    description:
      - Sysctls that the role kernel raises, as a dictionary from the key to the value that it sets (§3).
      - A higher value, live or in another file of C(sysctl.d), stays. Required is that value, or less where the requirements ask for less.
    type: dict
    default:
      user.max_user_namespaces: 28633
      fs.inotify.max_user_watches: 1000000
      fs.inotify.max_user_instances: 8192
  ipv6:
    description: Whether O(sysctls_ipv6) are required too. Where it is not given, they are with an IPv6 network in O(pod_cidr) or O(service_cidr).
    type: bool
  sysctls_ipv6:
    description: Sysctls that IPv6 needs (§3).
    type: dict
    default:
      net.ipv6.conf.all.forwarding: 1
      net.bridge.bridge-nf-call-ip6tables: 1
  hardening:
    description: Whether O(sysctls_hardening) are required too.
    type: bool
    default: false
  sysctls_hardening:
    description: Sysctls of K3s' C(protect-kernel-defaults) (§3).
    type: dict
    default:
      vm.panic_on_oom: 0
      vm.overcommit_memory: 1
      kernel.panic: 10
      kernel.panic_on_oops: 1
  pod_cidr:
    description: Network of the pods; two, separated by a comma, with IPv6.
    type: str
    default: 10.42.0.0/16
  service_cidr:
    description: Network of the services; two, separated by a comma, with IPv6.
    type: str
    default: 10.43.0.0/16
"""
