"""A test double of the `k3s` binary: what the collection can see of K3s, and nothing runs in it.

See README.md in this folder for what it shows and where it differs from the real one.
"""
