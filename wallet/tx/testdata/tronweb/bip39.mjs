// Prints mnemonic vectors in ten languages: every fourth entropy of the English ones, passphrase TREZOR.
import { readFileSync } from 'node:fs';
import { entropyToMnemonic, mnemonicToSeedSync } from '@scure/bip39';

const { version } = JSON.parse(readFileSync(new URL('node_modules/@scure/bip39/package.json', import.meta.url)));
const entropies = JSON.parse(readFileSync(new URL('../../../testdata/bip39.json', import.meta.url))).vectors.filter((_, i) => i % 4 === 0).map((v) => v.entropy); // stretching is slow in JavaScript
const hex = (bytes) => Buffer.from(bytes).toString('hex');
const languages = {};
for (const name of ['english', 'japanese', 'korean', 'spanish', 'simplified-chinese', 'traditional-chinese', 'french', 'italian', 'czech', 'portuguese']) {
  const { wordlist } = await import(`@scure/bip39/wordlists/${name}.js`);
  languages[name] = entropies.map((entropy) => {
    const mnemonic = entropyToMnemonic(new Uint8Array(Buffer.from(entropy, 'hex')), wordlist);
    return { entropy, mnemonic, seed: hex(mnemonicToSeedSync(mnemonic, 'TREZOR')) };
  });
}
console.log(JSON.stringify({ origin: `@scure/bip39 ${version}, wallet/tx/testdata/tronweb/bip39.mjs`, languages }, null, 1));
