"""The release that the stand-in says it is; `build_standin.py` writes this file anew for the release that it builds."""

VERSION = "v1.24.7+k3s1"
