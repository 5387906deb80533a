"""Opens a channel, pays on it, loses the connection, goes on, lets the payee settle, and reads the statement: the channel's events, and the hub's book.

usage: python walk.py SERVER PROTO_DIR, with TOKEN (scopes prepare, settle, read) and PAYER_KEY (hex) in the environment. The server is a hub.
"""
import hashlib
import json
import os
import sys
import time
import uuid

import grpc
from Crypto.Hash import keccak
from coincurve import PrivateKey

server, protos = sys.argv[1:]
sys.path.insert(0, protos)  # the stubs are made from the .proto files as they are imported
channels_pb, channels_grpc = grpc.protos_and_services("channel/channelpb/channels.proto")
payments_pb, payments_grpc = grpc.protos_and_services("channel/channelpb/payments.proto")
settlements_pb, settlements_grpc = grpc.protos_and_services("channel/channelpb/settlements.proto")
events_pb, events_grpc = grpc.protos_and_services("channel/channelpb/events.proto")
hub_pb, hub_grpc = grpc.protos_and_services("channel/channelpb/hub.proto")
types_pb = grpc.protos("channel/channelpb/types.proto")

key = PrivateKey(bytes.fromhex(os.environ["PAYER_KEY"]))
token = [("authorization", "Bearer " + os.environ["TOKEN"])]


def keccak256(*parts):
    return keccak.new(digest_bits=256, data=b"".join(parts)).digest()


def sha256(data):
    return hashlib.sha256(data).digest()


def sign(digest):
    """r ‖ s ‖ v over a digest of 32 bytes: how Tron signs transactions, and how vouchers are signed."""
    signature = key.sign_recoverable(digest, hasher=None)
    return signature[:64] + bytes([27 + signature[64]])


ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def to_base58(body):
    n, text = int.from_bytes(body + sha256(sha256(body))[:4], "big"), ""
    while n:
        n, digit = divmod(n, 58)
        text = ALPHABET[digit] + text
    return text


def from_base58(text):
    n = 0
    for c in text:
        n = n * 58 + ALPHABET.index(c)
    return n.to_bytes(25, "big")[:21]


payer = to_base58(b"\x41" + keccak256(key.public_key.format(compressed=False)[1:])[12:])


def digest(quote, struct):
    """What is signed of a struct, by TIP-712."""
    domain = keccak256(
        keccak256(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"), keccak256(b"Piecework"), keccak256(b"1"),
        quote.chain_id.to_bytes(32, "big"), bytes(12), from_base58(quote.contract)[1:])
    return keccak256(b"\x19\x01", domain, struct)


def voucher(quote, channel, cumulative):
    """A signed voucher without tails."""
    struct = keccak256(
        keccak256(b"Voucher(bytes32 channel,uint256 cumulative,Tail[] tails)Tail(bytes32 anchor,uint256 unit,uint256 length,uint256 expiry)"),
        channel, cumulative.to_bytes(32, "big"), keccak256())
    return types_pb.Voucher(cumulative=str(cumulative), signature=sign(digest(quote, struct)))


def proof(quote, call):
    """Our signature, which shows that it is we who ask."""
    now = int(time.time())
    struct = keccak256(
        keccak256(b"Access(address account,address hub,string call,uint256 time)"), bytes(12), from_base58(payer)[1:], bytes(12), from_base58(quote.payee)[1:],
        keccak256(call.encode()), now.to_bytes(32, "big"))
    return hub_pb.Proof(account=payer, hub=quote.payee, time=now, signature=sign(digest(quote, struct)))


def solid(stream):
    """Follows an operation until it is final."""
    for answer in stream:
        last = answer.operation
    if last.state != types_pb.OPERATION_STATE_SOLID:
        raise RuntimeError(f"{types_pb.OperationState.Name(last.state)}: {last.failure}")
    return last


plain = grpc.insecure_channel(server)  # on the loopback only
channels = channels_grpc.ChannelsStub(plain)

# 1. Open a channel: the server prepares, we check and sign.
quote = channels.Quote(channels_pb.ChannelsQuoteRequest())
prepared = channels.PrepareOpen(
    channels_pb.PrepareOpenRequest(payer=payer, asset=types_pb.Asset(kind=types_pb.Asset.KIND_TRX), deposit="50000000"), metadata=token)
transaction = prepared.transactions[0]
if sha256(transaction.raw_data) != transaction.id:
    raise RuntimeError("the id is not the hash of the bytes")
channels.Broadcast(
    channels_pb.BroadcastRequest(raw_data=transaction.raw_data, signature=sign(transaction.id), idempotency_key=str(uuid.uuid4())), metadata=token)
opened = solid(channels.WatchOperation(channels_pb.WatchOperationRequest(id=transaction.id, expire_time=transaction.expire_time), metadata=token))
channel = opened.channels[0].id
while True:  # the payee counts it when it has read the solid block itself
    try:
        channels.Get(channels_pb.ChannelsGetRequest(id=channel))
        break
    except grpc.RpcError:
        time.sleep(0.2)

# 2. Pay: vouchers up, acks down. An ack covers all before it.
def frames(amounts):
    for i, amount in enumerate(amounts):
        payment = payments_pb.Payment(voucher=voucher(quote, channel, amount))
        yield payments_pb.PayRequest(channel=channel if i == 0 else b"", payments=[payment])


for ack in payments_grpc.PaymentsStub(plain).Pay(frames([10_000_000, 20_000_000])):
    paid = ack.paid

# 3. Reconnect and resume: ask where we stand; believe it only by our own signature.
plain.close()
plain = grpc.insecure_channel(server)
payments = payments_grpc.PaymentsStub(plain)
held = payments.Sync(payments_pb.SyncRequest(channel=channel))
if voucher(quote, channel, int(held.voucher.cumulative)).signature != held.voucher.signature:
    raise RuntimeError("the payee shows a voucher that we did not sign")
more = payments_pb.Payment(voucher=voucher(quote, channel, int(held.paid) + 10_000_000))
paid = payments.Submit(payments_pb.SubmitRequest(channel=channel, payment=more)).paid

# 4. Settle, and follow the transaction until nothing can undo it.
settlements = settlements_grpc.SettlementsStub(plain)
settling = settlements.Settle(settlements_pb.SettleRequest(channels=[channel], idempotency_key=str(uuid.uuid4())), metadata=token)
solid(settlements.Watch(settlements_pb.SettlementsWatchRequest(id=settling.operations[0].id), metadata=token))

# 5. The statement: everything that happened on the channel, from the first event on.
for answer in events_grpc.EventsStub(plain).Subscribe(events_pb.SubscribeRequest(from_sequence=1), metadata=token):
    event = answer.event
    if event.channel != channel:
        continue
    print(event.sequence, event.kind, "deposit", event.deposit, "paid", event.paid, "settled", event.settled, file=sys.stderr)
    if event.kind == "settled":
        break

# 6. The hub's book has an account for the channel: what we paid are its debits, what the contract paid the hub its credits. Our signature opens it; no token is needed.
hub = hub_grpc.HubStub(plain)
booked, taken, after, more = 0, 0, 0, True
while more:
    page = hub.Statement(hub_pb.StatementRequest(
        proof=proof(quote, "Statement"), asset=types_pb.Asset(kind=types_pb.Asset.KIND_TRX), account="inbound:" + channel.hex(), after=after))
    for line in page.lines:
        print(line.entry, line.kind, "debit", line.debit, "credit", line.credit, "balance", line.balance, file=sys.stderr)
        booked, taken, after = booked + int(line.debit), taken + int(line.credit), line.entry
    more = page.more
if booked != taken + int(page.closing):
    raise RuntimeError(f"the hub's book does not add up: {booked} is not {taken} and {page.closing}")
print(json.dumps({"channel": channel.hex(), "paid": paid, "settled": event.settled, "booked": str(booked)}))
