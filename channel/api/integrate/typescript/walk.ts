// Opens a channel, pays on it, loses the connection, goes on, lets the payee settle, and reads the statement: the channel's events, and the hub's book.
// usage: node build/walk.js SERVER PROTO_DIR, with TOKEN (scopes prepare, settle, read) and PAYER_KEY (hex) in the environment. The server is a hub.
import * as grpc from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { secp256k1 } from '@noble/curves/secp256k1'
import { sha256 } from '@noble/hashes/sha2'
import { keccak_256 } from '@noble/hashes/sha3'
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils'

const [server, protos] = process.argv.slice(2)
const key = hexToBytes(process.env.PAYER_KEY!)
const token = new grpc.Metadata()
token.set('authorization', `Bearer ${process.env.TOKEN}`)

// The API, read from its .proto files.
const files = ['channels', 'payments', 'settlements', 'events', 'hub'].map(name => `channel/channelpb/${name}.proto`)
const api = (grpc.loadPackageDefinition(loadSync(files, { includeDirs: [protos], longs: String, enums: String, defaults: true, keepCase: true })) as any).piecework.channel.v1
const plain = grpc.credentials.createInsecure() // on the loopback only
const channels = new api.Channels(server, plain)
const payments = new api.Payments(server, plain)
const settlements = new api.Settlements(server, plain)
const events = new api.Events(server, plain)
const hub = new api.Hub(server, plain)
const call = (client: any, method: string, request: object): Promise<any> =>
  new Promise((done, failed) => client[method](request, token, (error: Error | null, answer: any) => error ? failed(error) : done(answer)))

// r ‖ s ‖ v over a digest of 32 bytes: how Tron signs transactions, and how vouchers are signed.
const sign = (digest: Uint8Array): Uint8Array => {
  const signature = secp256k1.sign(digest, key)
  return concatBytes(signature.toCompactRawBytes(), Uint8Array.of(27 + signature.recovery))
}

// Base58Check addresses: 0x41 and the last 20 bytes of the hash of the public key.
const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
const toBase58 = (body: Uint8Array): string => {
  let n = BigInt('0x' + bytesToHex(concatBytes(body, sha256(sha256(body)).slice(0, 4)))), text = ''
  for (; n > 0n; n /= 58n) text = alphabet[Number(n % 58n)] + text
  return text
}
const fromBase58 = (text: string): Uint8Array => {
  let n = 0n
  for (const c of text) n = n * 58n + BigInt(alphabet.indexOf(c))
  return hexToBytes(n.toString(16).padStart(50, '0')).slice(0, 21)
}
const payer = toBase58(concatBytes(Uint8Array.of(0x41), keccak_256(secp256k1.getPublicKey(key, false).slice(1)).slice(12)))

// TIP-712: the digests of a voucher without tails, and of a proof that it is we who ask.
const word = (n: bigint): Uint8Array => hexToBytes(n.toString(16).padStart(64, '0'))
const hash = (text: string): Uint8Array => keccak_256(utf8ToBytes(text))
const digest = (quote: any, struct: Uint8Array): Uint8Array => keccak_256(concatBytes(Uint8Array.of(0x19, 0x01), keccak_256(concatBytes(
  hash('EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)'), hash('Piecework'), hash('1'),
  word(BigInt(quote.chain_id)), new Uint8Array(12), fromBase58(quote.contract).slice(1))), struct))
const voucher = (quote: any, channel: Uint8Array, cumulative: bigint) => {
  const struct = keccak_256(concatBytes(
    hash('Voucher(bytes32 channel,uint256 cumulative,Tail[] tails)Tail(bytes32 anchor,uint256 unit,uint256 length,uint256 expiry)'),
    channel, word(cumulative), keccak_256(new Uint8Array())))
  return { cumulative: cumulative.toString(), signature: sign(digest(quote, struct)) }
}
const proof = (quote: any, method: string) => {
  const time = Math.floor(Date.now() / 1000)
  const struct = keccak_256(concatBytes(
    hash('Access(address account,address hub,string call,uint256 time)'), new Uint8Array(12), fromBase58(payer).slice(1), new Uint8Array(12), fromBase58(quote.payee).slice(1),
    hash(method), word(BigInt(time))))
  return { account: payer, hub: quote.payee, time, signature: sign(digest(quote, struct)) }
}

// Follows an operation until it is final.
const solid = (stream: any): Promise<any> => new Promise((done, failed) => {
  let last: any
  stream.on('data', (answer: any) => { last = answer.operation })
  stream.on('error', failed)
  stream.on('end', () => last.state === 'OPERATION_STATE_SOLID' ? done(last) : failed(new Error(`${last.state}: ${last.failure}`)))
})

// 1. Open a channel: the server prepares, we check and sign.
const quote = await call(channels, 'Quote', {})
const prepared = await call(channels, 'PrepareOpen', { payer, asset: { kind: 'KIND_TRX' }, deposit: '50000000' })
const [transaction] = prepared.transactions
const id = sha256(transaction.raw_data)
if (bytesToHex(id) !== bytesToHex(transaction.id)) throw new Error('the id is not the hash of the bytes')
await call(channels, 'Broadcast', { raw_data: transaction.raw_data, signature: sign(id), idempotency_key: crypto.randomUUID() })
const opened = await solid(channels.WatchOperation({ id, expire_time: transaction.expire_time }, token))
const channel: Uint8Array = opened.channels[0].id
while (true) { // the payee counts it when it has read the solid block itself
  try { await call(channels, 'Get', { id: channel }); break } catch { await new Promise(wait => setTimeout(wait, 200)) }
}

// 2. Pay: vouchers up, acks down. An ack covers all before it.
const pay = (amounts: bigint[]): Promise<string> => new Promise((done, failed) => {
  const stream = payments.Pay()
  let paid = ''
  stream.on('data', (ack: any) => { paid = ack.paid })
  stream.on('error', failed)
  stream.on('end', () => done(paid))
  amounts.forEach((amount, i) => stream.write({ channel: i === 0 ? channel : undefined, payments: [{ voucher: voucher(quote, channel, amount) }] }))
  stream.end()
})
await pay([10_000_000n, 20_000_000n])

// 3. Reconnect and resume: ask where we stand; believe it only by our own signature.
grpc.Client.prototype.close.call(payments)
const again = new api.Payments(server, plain)
const held = await call(again, 'Sync', { channel })
const ours = voucher(quote, channel, BigInt(held.voucher.cumulative))
if (bytesToHex(ours.signature) !== bytesToHex(held.voucher.signature)) throw new Error('the payee shows a voucher that we did not sign')
const paid = (await call(again, 'Submit', { channel, payment: { voucher: voucher(quote, channel, BigInt(held.paid) + 10_000_000n) } })).paid

// 4. Settle, and follow the transaction until nothing can undo it.
const settling = await call(settlements, 'Settle', { channels: [channel], idempotency_key: crypto.randomUUID() })
await solid(settlements.Watch({ id: settling.operations[0].id }, token))

// 5. The statement: everything that happened on the channel, from the first event on.
const settled = await new Promise<string>((done, failed) => {
  const stream = events.Subscribe({ from_sequence: 1 }, token)
  stream.on('error', (error: any) => error.code === grpc.status.CANCELLED || failed(error))
  stream.on('data', ({ event }: any) => {
    if (!event || bytesToHex(event.channel) !== bytesToHex(channel)) return
    console.error(event.sequence, event.kind, 'deposit', event.deposit, 'paid', event.paid, 'settled', event.settled)
    if (event.kind === 'settled') { stream.cancel(); done(event.settled) }
  })
})

// 6. The hub's book has an account for the channel: what we paid are its debits, what the contract paid the hub its credits. Our signature opens it; no token is needed.
const account = { asset: { kind: 'KIND_TRX' }, account: 'inbound:' + bytesToHex(channel) }
let booked = 0n, taken = 0n
for (let page: any, after = '0'; !page || page.more;) {
  page = await call(hub, 'Statement', { ...account, proof: proof(quote, 'Statement'), after })
  for (const line of page.lines) {
    console.error(line.entry, line.kind, 'debit', line.debit, 'credit', line.credit, 'balance', line.balance)
    booked += BigInt(line.debit)
    taken += BigInt(line.credit)
    after = line.entry
  }
  if (!page.more && booked !== taken + BigInt(page.closing)) throw new Error(`the hub's book does not add up: ${booked} is not ${taken} and ${page.closing}`)
}
console.log(JSON.stringify({ channel: bytesToHex(channel), paid, settled, booked: booked.toString() }))
for (const client of [channels, again, settlements, events, hub]) grpc.Client.prototype.close.call(client)
