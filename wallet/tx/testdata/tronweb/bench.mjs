// Prints the median of the nanoseconds that TronWeb takes to build and sign a transfer, its own two checks included (the key is the owner's; the JSON makes the same bytes).
import { cases, key, tronWeb } from './cases.mjs';

const once = async () => tronWeb.trx.sign(await cases.transfer(), key);
const run = async (ms) => {
  const end = process.hrtime.bigint() + BigInt(ms) * 1000000n;
  const times = [];
  while (process.hrtime.bigint() < end) {
    const start = process.hrtime.bigint();
    await once();
    times.push(Number(process.hrtime.bigint() - start));
  }
  return times.sort((a, b) => a - b)[times.length >> 1];
};
await run(300); // until the engine has compiled it
console.log(String(await run(Number(process.argv[2] ?? 1000))));
