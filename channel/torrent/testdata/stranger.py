"""A payer that was written after PROTOCOL.md alone, with nothing but Python's own library: it fetches one torrent from one seeder and pays for it.

Reads a JSON object from stdin: seeder (host:port), info_hash, piece_length, length, pieces (SHA-1 of each, joined), key (private key), payee (21 bytes), asset (32 bytes),
challenge (seconds), seed (32 bytes); bytes are hex. Writes what came to the file of its argument, and a JSON object to stdout.
"""
import hashlib
import json
import secrets
import socket
import struct
import sys
import time

MASK = (1 << 64) - 1


def keccak256(data):
    """Keccak-256 as Ethereum and Tron have it: padding 0x01, not SHA-3's 0x06."""
    rate, state = 136, [0] * 25
    data = bytearray(data) + b"\x01" + bytes(-(len(data) + 1) % rate)
    data[-1] |= 0x80
    for at in range(0, len(data), rate):
        for i in range(rate // 8):
            state[i] ^= int.from_bytes(data[at + 8 * i:at + 8 * i + 8], "little")
        permute(state)
    return b"".join(word.to_bytes(8, "little") for word in state[:4])


def permute(a):
    lfsr = 1
    for _ in range(24):
        c = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
        d = [c[x - 1] ^ rotate(c[(x + 1) % 5], 1) for x in range(5)]
        for i in range(25):
            a[i] ^= d[i % 5]
        x, y, current = 1, 0, a[1]
        for t in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            a[x + 5 * y], current = rotate(current, (t + 1) * (t + 2) // 2 % 64), a[x + 5 * y]
        for row in range(0, 25, 5):
            r = a[row:row + 5]
            for x in range(5):
                a[row + x] = r[x] ^ (~r[(x + 1) % 5] & MASK & r[(x + 2) % 5])
        for j in range(7):
            if lfsr & 1:
                a[0] ^= 1 << ((1 << j) - 1)
            lfsr = (lfsr << 1) ^ (0x171 if lfsr & 0x80 else 0)


def rotate(word, n):
    return (word << n | word >> (64 - n)) & MASK if n else word


# secp256k1
P, N = 2**256 - 2**32 - 977, 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G = (0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798, 0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8)


def add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0]:
        if (a[1] + b[1]) % P == 0:
            return None
        slope = 3 * a[0] * a[0] * pow(2 * a[1], -1, P) % P
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P) % P
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def multiply(k, point):
    result = None
    while k:
        if k & 1:
            result = add(result, point)
        point, k = add(point, point), k >> 1
    return result


def sign(key, digest):
    """65 bytes r, s, v; s in the lower half of the order; v is 27 or 28."""
    k = secrets.randbelow(N - 1) + 1
    x, y = multiply(k, G)
    r = x % N
    s = pow(k, -1, N) * (int.from_bytes(digest, "big") + r * key) % N
    odd = y & 1
    if s > N // 2:
        s, odd = N - s, odd ^ 1
    return r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([27 + odd])


def encode(v):
    if isinstance(v, int):
        return b"i%de" % v
    if isinstance(v, bytes):
        return b"%d:%s" % (len(v), v)
    if isinstance(v, list):
        return b"l" + b"".join(encode(item) for item in v) + b"e"
    return b"d" + b"".join(encode(k) + encode(v[k]) for k in sorted(v)) + b"e"


def decode(b, at=0):
    """One bencoded value at a place, and where it ends."""
    if b[at:at + 1] == b"i":
        end = b.index(b"e", at)
        return int(b[at + 1:end]), end + 1
    if b[at:at + 1] in (b"l", b"d"):
        items, kind, at = [], b[at:at + 1], at + 1
        while b[at:at + 1] != b"e":
            item, at = decode(b, at)
            items.append(item)
        return (items if kind == b"l" else dict(zip(items[::2], items[1::2]))), at + 1
    colon = b.index(b":", at)
    end = colon + 1 + int(b[at:colon])
    return b[colon + 1:end], end


def word(n):
    return n.to_bytes(32, "big")


def amount(n):
    return n.to_bytes(16, "big")


def right(address):
    return bytes(12) + address[1:]


def cost(count, price):
    return -(-count * price >> 20) if count else 0


task = {k: bytes.fromhex(v) if k in ("info_hash", "pieces", "key", "payee", "asset", "seed") else v for k, v in json.load(sys.stdin).items()}
key = int.from_bytes(task["key"], "big")
me = b"\x41" + keccak256(b"".join(map(word, multiply(key, G))))[12:]
channel = keccak256(right(me) + right(task["payee"]) + right(me) + task["asset"] + word(task["challenge"]) + task["seed"])


class Session:
    """The payer's side of one session, as in section States."""

    def __init__(self, terms):
        self.terms = terms
        self.price = int.from_bytes(terms[b"price"], "big")
        self.unit = max(1, cost(terms[b"unit"], self.price))
        self.length = 1024
        self.links = [secrets.token_bytes(32)]  # the secret first, the anchor last
        for _ in range(self.length):
            self.links.append(keccak256(self.links[-1]))
        self.anchor, self.count, self.acked = self.links[-1], 0, 0
        self.expiry = int(time.time()) + 7200
        self.begun = False

    def voucher(self):
        tail = keccak256(keccak256(b"Tail(bytes32 anchor,uint256 unit,uint256 length,uint256 expiry)")
                         + self.anchor + word(self.unit) + word(self.length) + word(self.expiry))
        structure = keccak256(
            keccak256(b"Voucher(bytes32 channel,uint256 cumulative,Tail[] tails)Tail(bytes32 anchor,uint256 unit,uint256 length,uint256 expiry)")
            + channel + word(0) + keccak256(tail))
        domain = keccak256(
            keccak256(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
            + keccak256(b"Piecework") + keccak256(b"1") + word(self.terms[b"chain"]) + right(self.terms[b"contract"]))
        return {b"ch": channel, b"cum": amount(0), b"sig": sign(key, keccak256(b"\x19\x01" + domain + structure)),
                b"tails": [[self.anchor, amount(self.unit), self.length, self.expiry]]}

    def open(self):
        return {b"t": 1, b"v": 1, b"n": self.terms[b"n"], b"vo": self.voucher(), b"tail": self.anchor, b"price": amount(self.price), b"bid": amount(0), b"rc": 0}

    def pay(self, count, whole):
        """What is due for that many bytes, in whole units; a reveal, or None."""
        due = cost(count, self.price)
        steps = due // self.unit if whole else -(-due // self.unit)
        if steps <= self.count:
            return None
        self.count = steps
        return {b"t": 3, b"re": {b"a": self.anchor, b"k": steps, b"x": self.links[self.length - steps]}}


class Peer:
    """A connection to the seeder: BEP 3, BEP 10."""

    def __init__(self, address, info_hash):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=20)
        self.id = None  # under which the seeder wants pw_pay
        self.socket.sendall(b"\x13BitTorrent protocol" + b"\0\0\0\0\0\x10\0\0" + info_hash + b"-ST0001-" + secrets.token_bytes(12))
        shake = self.exactly(68)
        assert shake[:20] == b"\x13BitTorrent protocol" and shake[28:48] == info_hash and shake[25] & 0x10
        self.send(20, b"\0" + encode({b"m": {b"pw_pay": 77}}))
        self.send(2)

    def exactly(self, n):
        b = b""
        while len(b) < n:
            more = self.socket.recv(n - len(b))
            if not more:
                raise EOFError("the seeder hung up")
            b += more
        return b

    def send(self, kind, payload=b""):
        self.socket.sendall(struct.pack(">IB", 1 + len(payload), kind) + payload)

    def say(self, message):
        self.send(20, bytes([self.id]) + encode(message))

    def next(self):
        length = struct.unpack(">I", self.exactly(4))[0]
        if length == 0:
            return None, b""
        body = self.exactly(length)
        return body[0], body[1:]


BLOCK, AHEAD = 16 << 10, 64  # bytes of a request, and how many of them are not answered


def blocks():
    for begin in range(0, task["length"], BLOCK):
        index, offset = divmod(begin, task["piece_length"])
        yield index, offset, min(BLOCK, task["length"] - begin, task["piece_length"] - offset)


peer, session, unchoked = Peer(task["seeder"], task["info_hash"]), None, False
wanted, flying, data, verified, count, seen = blocks(), 0, bytearray(task["length"]), 0, {}, []
while verified < task["length"] or session.acked < session.count * session.unit:
    kind, payload = peer.next()
    message = None
    if kind == 1:
        unchoked = True
    elif kind == 7:
        index, offset = struct.unpack(">II", payload[:8])
        at = index * task["piece_length"] + offset
        data[at:at + len(payload) - 8] = payload[8:]
        flying -= 1
        count[index] = count.get(index, 0) + len(payload) - 8
        size = min(task["piece_length"], task["length"] - index * task["piece_length"])
        if count[index] == size:
            start = index * task["piece_length"]
            assert hashlib.sha1(data[start:start + size]).digest() == task["pieces"][20 * index:20 * index + 20], "a bad piece"
            verified += size
            message = session.pay(verified, verified < task["length"])
    elif kind == 20 and payload[0] == 0:
        peer.id = decode(payload[1:])[0][b"m"][b"pw_pay"]
    elif kind == 20 and payload[0] == 77:
        said = decode(payload[1:])[0]
        seen.append(said[b"t"])
        if said[b"t"] == 0 and session is None and said[b"asset"] == task["asset"]:
            session = Session(said)
            message = session.open()
        elif said[b"t"] == 2:
            assert said[b"ch"] == channel and said[b"w"] > 0
            session.begun = True
        elif said[b"t"] == 4:
            session.acked = int.from_bytes(said[b"paid"], "big")
        elif said[b"t"] == 5:  # what was begun, and what it needs beyond the verified bytes
            message = session.pay(min(verified + said[b"due"], task["length"]), False)
        elif said[b"t"] == 6:
            sys.exit("refused: %d %s" % (said[b"c"], said[b"m"].decode()))
    if message is not None:
        peer.say(message)
    while unchoked and session is not None and session.begun and flying < AHEAD:
        request = next(wanted, None)
        if request is None:
            break
        peer.send(6, struct.pack(">III", *request))
        flying += 1
peer.say({b"t": 7, b"as": 0, b"ch": channel, b"paid": amount(session.count * session.unit)})
with open(sys.argv[1], "wb") as file:
    file.write(data)
print(json.dumps({"paid": session.count * session.unit, "heard": seen}))
