// Reads {transactions, messages, keystores} of ours from standard input and prints what TronWeb does not agree with, one line each.
import { readFileSync } from 'node:fs';
import { Wallet } from 'ethers';
import { TronWeb, Trx, utils } from 'tronweb';

const { transactions, messages, keystores } = JSON.parse(readFileSync(0, 'utf8'));
const complain = (what, why) => console.log(`${what}: ${why}`);

for (const [i, { json, address, signers }] of transactions.entries()) {
  const what = `transaction ${i}, ${json.raw_data.contract[0].type}`;
  try {
    if (!utils.transaction.txCheck(json)) complain(what, 'TronWeb makes other bytes of the JSON');
    const by = [Trx.ecRecover(json)].flat().map((hex) => TronWeb.address.fromHex(hex));
    if (JSON.stringify(by) !== JSON.stringify(signers)) complain(what, `TronWeb recovers ${by}, not ${signers}`);
    if (address && utils.transaction.txPbToTxID(utils.transaction.txJsonToPb(json)).replace(/^0x/, '') !== json.txID) complain(what, 'another id');
  } catch (e) {
    complain(what, e);
  }
}

const tronWeb = new TronWeb({ fullHost: 'http://127.0.0.1:9' });
for (const { form, message, signature, address } of messages) {
  try {
    const ok = form === 'V2'
      ? (await tronWeb.trx.verifyMessageV2(message, signature)) === address
      : Trx.verifySignature(message, address, signature, form === 'V1');
    if (!ok) complain(`message ${JSON.stringify(message)} as ${form}`, 'TronWeb says it is from somebody else');
  } catch (e) {
    complain(`message ${JSON.stringify(message)} as ${form}`, e);
  }
}

for (const { file, password, address } of keystores) {
  try {
    const wallet = Wallet.fromEncryptedJsonSync(JSON.stringify(file), password);
    const got = TronWeb.address.fromPrivateKey(wallet.privateKey.replace(/^0x/, ''));
    if (got !== address) complain(`key file of ${address}`, `it opens as ${got}`);
  } catch (e) {
    complain(`key file of ${address}`, e);
  }
}
console.log(`checked ${transactions.length} transactions, ${messages.length} messages, ${keystores.length} key files`);
