"""Keys and certificates by the `openssl` command: EC P-256, as K3s makes them."""

import os
import subprocess
import tempfile

DAYS = {"ca": "3650", "leaf": "365"}


def _openssl(*arguments, text=None):
    done = subprocess.run(("openssl",) + arguments, input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        raise RuntimeError("openssl {}: {}".format(" ".join(arguments), done.stderr.decode(errors="replace").strip()))
    return done.stdout


def make_ca(name, certificate, key):
    """A self-signed certificate authority, unless it is there already."""
    if os.path.exists(certificate) and os.path.exists(key):
        return
    make_key(key)
    with tempfile.NamedTemporaryFile("w", suffix=".cnf") as settings:
        settings.write(
            f"[req]\ndistinguished_name=dn\nx509_extensions=ca\nprompt=no\n[dn]\nCN={name}\n[ca]\nbasicConstraints=critical,CA:true\n"
            "keyUsage=critical,digitalSignature,keyEncipherment,keyCertSign\nsubjectKeyIdentifier=hash\n"
        )
        settings.flush()
        write(certificate, _openssl("req", "-x509", "-new", "-key", key, "-days", DAYS["ca"], "-config", settings.name), 0o644)


def make_key(path):
    """A private key, mode 0600, unless it is there already."""
    if not os.path.exists(path):
        write(path, _openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout"), 0o600)


def issue(ca_certificate, ca_key, key, common_name, organization="", names=(), usage="clientAuth"):
    """A certificate for `key`, followed by that of its authority, as bytes. `names`: DNS names and addresses."""
    alternatives = ["{}:{}".format("IP" if _is_address(name) else "DNS", name) for name in names]
    subject = (f"/O={organization}" if organization else "") + "/CN=" + common_name
    extensions = f"basicConstraints=CA:false\nkeyUsage=critical,digitalSignature,keyEncipherment\nextendedKeyUsage={usage}\n"
    if alternatives:
        extensions += "subjectAltName={}\n".format(",".join(alternatives))
    with tempfile.TemporaryDirectory() as folder:
        request, settings = os.path.join(folder, "csr"), os.path.join(folder, "ext")
        write(request, _openssl("req", "-new", "-key", key, "-subj", subject), 0o600)
        write(settings, extensions.encode(), 0o600)
        certificate = _openssl(
            "x509",
            "-req",
            "-in",
            request,
            "-CA",
            ca_certificate,
            "-CAkey",
            ca_key,
            "-set_serial",
            "0x" + os.urandom(8).hex(),
            "-days",
            DAYS["leaf"],
            "-extfile",
            settings,
        )
    with open(ca_certificate, "rb") as stream:
        return certificate + stream.read()


def write(path, content, mode):
    """Write a file with this mode, in one step."""
    partial = path + ".part"
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as stream:
        os.fchmod(descriptor, mode)
        stream.write(content)
    os.replace(partial, path)


def _is_address(name):
    return ":" in name or name.replace(".", "").isdigit()
