import playbook

# A translated machine is slow: the installation of a kernel alone takes minutes.
playbook.LIMIT = 1800
