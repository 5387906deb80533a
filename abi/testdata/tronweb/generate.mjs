// Prints tronweb.json: typed data hashed and signed, and calls encoded, by TronWeb. Run by `npm ci && npm run generate`; the Go side is tronweb_test.go.
import { readFileSync } from 'node:fs';
import { TronWeb, utils } from 'tronweb';

const { version } = JSON.parse(readFileSync(new URL('node_modules/tronweb/package.json', import.meta.url)));
const key = '0'.repeat(63) + '1';
const tronWeb = new TronWeb({ fullHost: 'http://127.0.0.1:9', privateKey: key }); // never asked
const usdt = 'TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t';
const me = 'TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC';
const f = (type, name) => ({ name, type });

// --- Typed data, by hand.
const mail = { Person: [f('string', 'name'), f('address', 'wallet')], Mail: [f('Person', 'from'), f('Person[]', 'to'), f('string', 'contents')] };
const documents = [
  { domain: { name: 'Ether Mail', version: '1', chainId: 728126428, verifyingContract: usdt }, types: mail, primaryType: 'Mail',
    message: { from: { name: 'Cow', wallet: me }, to: [{ name: 'Bob', wallet: usdt }, { name: 'Zoë 🙂', wallet: '417e5f4552091a69125d5dfcb7b8c2659029395bdf' }], contents: 'Hello, Bob!' } },
  { domain: {}, types: { Empty: [] }, primaryType: 'Empty', message: {} },
  { domain: { salt: '0x' + 'ab'.repeat(32) }, types: { A: [f('bytes', 'b'), f('bytes4', 'c'), f('bool', 'd'), f('bool', 'e')] }, primaryType: 'A', message: { b: '0x', c: '0xdeadbeef', d: true, e: false } },
  { domain: { chainId: '0xcd8690dc' }, types: { A: [f('int256', 'a'), f('int8', 'b'), f('uint256', 'c'), f('trcToken', 'd')] }, primaryType: 'A',
    message: { a: '-57896044618658097711785492504343953926634992332820282019728792003956564819968', b: -128, c: '0x' + 'ff'.repeat(32), d: '1000001' } },
  { domain: { name: '', version: '' }, types: { A: [f('uint8[][2][]', 'a'), f('trcToken[]', 't')] }, primaryType: 'A', message: { a: [[[1, 2], []], [[], [3]]], t: [1000001, '1002000'] } },
  { domain: { verifyingContract: '0x7E5F4552091A69125d5dfCb7b8C2659029395Bdf' }, types: { Zoo: [f('Ant', 'z'), f('Bee[2]', 'b')], Bee: [f('Ant', 'a')], Ant: [f('bytes32', 'x')] }, primaryType: 'Zoo',
    message: { z: { x: '0x' + '01'.repeat(32) }, b: [{ a: { x: '0x' + '02'.repeat(32) } }, { a: { x: '0x' + '03'.repeat(32) } }] } },
  { domain: { name: 'Piecework', version: '1', chainId: '0x2b6653dc', verifyingContract: usdt },
    types: { Tail: [f('bytes32', 'anchor'), f('uint256', 'unit'), f('uint256', 'length'), f('uint256', 'expiry')], Voucher: [f('bytes32', 'channel'), f('uint256', 'cumulative'), f('Tail[]', 'tails')] }, primaryType: 'Voucher',
    message: { channel: '0x' + '11'.repeat(32), cumulative: '1000000', tails: [{ anchor: '0x' + '22'.repeat(32), unit: '5', length: 256, expiry: 1700000000 }] } },
  { domain: { name: 'Acme', version: '1', chainId: 3448148188, verifyingContract: usdt },
    types: { Permit: [f('address', 'owner'), f('address', 'spender'), f('uint256', 'value'), f('uint256', 'nonce'), f('uint256', 'deadline')] }, primaryType: 'Permit',
    message: { owner: me, spender: usdt, value: '115792089237316195423570985008687907853269984665640564039457584007913129639935', nonce: 0, deadline: '253402300799' } },
];

// --- Typed data and calls, generated. A small generator of known numbers, so that the file is the same every time.
let state = 1n;
const random = (below) => { state = (state * 6364136223846793005n + 1442695040888963407n) & ((1n << 64n) - 1n); return Number((state >> 33n) % BigInt(below)); };
const pick = (list) => list[random(list.length)];
const hex = (n) => Array.from({ length: n }, () => random(256).toString(16).padStart(2, '0')).join('');
const address = () => { const h = '41' + hex(20); return pick([TronWeb.address.fromHex(h), h]); };
const scalarType = () => pick(['uint8', 'uint64', 'uint256', 'int16', 'int256', 'trcToken', 'address', 'bool', 'string', 'bytes', 'bytes1', 'bytes20', 'bytes32']);
const number = (type) => {
  const signed = type.startsWith('int');
  const bits = BigInt(type.replace(/^\D+/, '') || 256);
  const n = BigInt('0x' + hex(32)) >> (256n - bits);
  return String(signed ? n - (1n << (bits - 1n)) : n);
};
function value(type, structs) {
  const array = type.match(/^(.*)\[(\d*)\]$/);
  if (array) return Array.from({ length: array[2] === '' ? random(3) : Number(array[2]) }, () => value(array[1], structs));
  if (structs[type]) return Object.fromEntries(structs[type].map((field) => [field.name, value(field.type, structs)]));
  if (type === 'address') return address();
  if (type === 'bool') return random(2) === 1;
  if (type === 'string') return pick(['', 'x', 'Zoë 🙂', 'a longer text than thirty-two bytes, for once', '"quoted\\"\n']);
  if (type === 'bytes') return '0x' + hex(random(70));
  if (type.startsWith('bytes')) return '0x' + hex(Number(type.slice(5)));
  return number(type);
}
const withArrays = (type) => type + Array.from({ length: pick([0, 0, 1, 2]) }, () => pick(['[]', '[1]', '[2]'])).join('');
for (let i = 0; i < 40; i++) {
  const types = {};
  const names = ['Leaf', 'Branch', 'Tree'];
  names.forEach((name, depth) => {
    const below = names.slice(0, depth);
    types[name] = below.slice(-1).map((b) => f(withArrays(b), 'part'));
    for (let n = random(3); n >= 0; n--) types[name].push(f(withArrays(pick([...below, scalarType(), scalarType()])), 'f' + n));
  });
  const domain = {};
  if (random(2)) domain.name = value('string', {});
  if (random(2)) domain.version = pick(['1', '2.0']);
  if (random(2)) domain.chainId = pick([728126428, '0x94a9059e', '3448148188']);
  if (random(2)) domain.verifyingContract = address();
  if (random(2)) domain.salt = '0x' + hex(32);
  documents.push({ domain, types, primaryType: 'Tree', message: value('Tree', types) });
}

const typedData = documents.map((document) => {
  const { domain, types, message } = document;
  const encoder = utils._TypedDataEncoder;
  return {
    document,
    encodeType: new encoder(types).encodeType(document.primaryType),
    separator: encoder.hashDomain(domain),
    digest: encoder.hash(domain, types, message),
    signature: tronWeb.trx._signTypedData(domain, types, message, key),
  };
});

// --- Calls.
function component(depth) {
  if (depth > 0 && random(3) === 0) {
    const components = Array.from({ length: 1 + random(3) }, (_, i) => ({ name: 'c' + i, ...component(depth - 1) }));
    return { type: withArrays('tuple'), components };
  }
  return { type: withArrays(scalarType()) };
}
function argument({ type, components }) {
  const array = type.match(/^(.*)\[(\d*)\]$/);
  if (array) return Array.from({ length: array[2] === '' ? random(3) : Number(array[2]) }, () => argument({ type: array[1], components }));
  if (type === 'tuple') return components.map(argument);
  return value(type, {});
}
const calls = Array.from({ length: 60 }, () => {
  const inputs = Array.from({ length: 1 + random(4) }, (_, i) => ({ name: 'a' + i, ...component(2) }));
  const values = inputs.map(argument);
  return { inputs, values, encoded: utils.abi.encodeParamsV2ByABI({ type: 'function', name: 'f', inputs }, values) };
});

const lines = (list) => '[\n' + list.map((entry) => JSON.stringify(entry)).join(',\n') + '\n]';
console.log(`{"origin": "TronWeb ${version}, abi/testdata/tronweb/generate.mjs",\n"typedData": ${lines(typedData)},\n"calls": ${lines(calls)}}`);
