#!/usr/bin/env python3
"""Opens a Holdfast container (seals aes-256-gcm and rsa-hybrid; FORMAT.md, Portable archives) without Holdfast.
usage: read-container.py KEYFILE < sealed > plain     KEYFILE: password, key file or RSA private key (PEM)
Needs python3-cryptography, and python3-argon2 where Argon2id was used. What was written counts only when it exits with 0."""
import hashlib, hmac, struct, sys, unicodedata
from base64 import urlsafe_b64decode
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

secret, stream = open(sys.argv[1], "rb").read(), sys.stdin.buffer
fixed = stream.read(12)
assert fixed[:9] == b"BKPSEAL1\x01", "not a container"
source, length = struct.unpack("<xBH", fixed[8:])
params = stream.read(length)
head_hash = hashlib.sha256(fixed + params).digest()
if source == 0:
    raw = urlsafe_b64decode(secret.split(b"\n")[0].strip() + b"=")
    key = HKDF(hashes.SHA256(), 32, params, b"bkp1/seal-key-file\0").derive(raw)
elif source == 4:
    private, oaep = serialization.load_pem_private_key(secret, None), padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    spki = private.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    at = params.index(hashlib.sha256(spki).digest()) + 34
    key = private.decrypt(params[at:at + struct.unpack("<H", params[at - 2:at])[0]], oaep)
else:
    (a, b, c), salt = struct.unpack("<III", params[:12]), params[12:]
    words = unicodedata.normalize("NFC", secret.rstrip(b"\n").decode()).encode()
    if source == 1:
        from argon2.low_level import Type, hash_secret_raw
        key = hash_secret_raw(words, salt, b, a, c, 32, Type.ID)
    else:
        key = hashlib.scrypt(words, salt=salt, n=a, r=b, p=c, maxmem=2**31 - 1, dklen=32) if source == 2 else hashlib.pbkdf2_hmac("sha256", words, salt, a)
mac, index, chunk = lambda k, m: hmac.digest(k, m, "sha256"), 0, stream.read(72 + 2**20)
while chunk:
    after = stream.read(72 + 2**20)
    info = b"bkp1/seal\0\x01" + chunk[:24]
    first = mac(key, info + b"\1")
    assert hmac.compare_digest(mac(key, first + info + b"\2"), chunk[24:56]), "wrong key"
    aad = b"bkp1" + head_hash + struct.pack("<QBI", index, not after, len(chunk) - 72)
    sys.stdout.buffer.write(AESGCM(first).decrypt(bytes(12), chunk[56:], aad))
    index, chunk = index + 1, after
assert index, "cut off"
