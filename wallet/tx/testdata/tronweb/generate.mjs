// Prints golden.json: every case built and signed by TronWeb, messages signed by it, and key files written by the ethers that it brings along.
import { readFileSync } from 'node:fs';
import { encryptKeystoreJsonSync } from 'ethers';
import { utils } from 'tronweb';
import { cases, key, me, tronWeb } from './cases.mjs';

const version = (name) => JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url))).version;

const transactions = [];
for (const [name, build] of Object.entries(cases)) {
  const built = await build();
  transactions.push({ name, json: utils.crypto.signTransaction(key, built) });
}

const messages = [];
for (const text of ['hello', '', 'für Ørsted 🙂', 'x'.repeat(300)]) {
  messages.push({ form: 'V2', message: text, signature: await tronWeb.trx.signMessageV2(text, key) });
}
for (const hex of ['68656c6c6f', '0x' + 'ab'.repeat(32), '00'.repeat(100)]) {
  messages.push({ form: 'V1', message: hex, signature: await tronWeb.trx.sign(hex, key, true) });
  messages.push({ form: 'V1 with Ethereum header', message: hex, signature: await tronWeb.trx.sign(hex, key, false) });
}

// Salt, iv and uuid are fixed so that the file is the same every time.
const fixed = (byte, length) => new Uint8Array(length).fill(byte);
const account = { address: utils.address.toHex(me).replace(/^41/, '0x'), privateKey: '0x' + key };
const keystores = ['secret', 'pässwörd 🙂'].map((password) => ({
  password,
  file: JSON.parse(encryptKeystoreJsonSync(account, password, { salt: fixed(1, 32), iv: fixed(2, 16), uuid: fixed(3, 16), scrypt: { N: 4096, r: 8, p: 1 } })),
}));

console.log(JSON.stringify({ origin: `TronWeb ${version('tronweb')} and ethers ${version('ethers')}, wallet/tx/testdata/tronweb/generate.mjs`, transactions, messages, keystores }, null, 1));
