// Reads through ethers and viem over /jsonrpc of a node with clean blocks. Arguments: the URL, a contract's address in hex, the id of a transaction that
// made it count, an address that has TRX in hex.
import { JsonRpcProvider, Contract } from 'ethers';
import { createPublicClient, http, parseAbi } from 'viem';

const [url, counter, id, holder] = process.argv.slice(2);
const abi = ['function count() view returns (uint256)', 'function fail() pure', 'event Counted(address indexed by, uint256 count, string note)'];
let good = 0;
const bad = [];

async function check(name, run) {
  try {
    if ((await run()) === false) throw new Error('the answer is not what it should be');
    good++;
  } catch (problem) {
    bad.push(`${name}: ${problem?.message ?? problem}`);
  }
}

const ethers = new JsonRpcProvider(`${url}/jsonrpc`, undefined, { batchMaxCount: 1 });
const receipt = await ethers.getTransactionReceipt(`0x${id}`);
await check('ethers.getBlockNumber', async () => (await ethers.getBlockNumber()) > 0);
await check('ethers.getNetwork', async () => (await ethers.getNetwork()).chainId > 0n);
await check('ethers.getBalance', async () => (await ethers.getBalance(holder)) > 0n);
await check('ethers.getCode', async () => (await ethers.getCode(counter)).length > 100);
await check('ethers.getStorage', async () => BigInt(await ethers.getStorage(counter, 0)) === 7n);
await check('ethers.getBlock', async () => (await ethers.getBlock('latest')).hash.length === 66);
await check('ethers.getBlock with transactions', async () => (await ethers.getBlock(receipt.blockNumber, true)).prefetchedTransactions.length === 1);
await check('ethers.getBlock by hash', async () => (await ethers.getBlock(receipt.blockHash)).number === receipt.blockNumber);
await check('ethers.getTransaction', async () => (await ethers.getTransaction(`0x${id}`)).hash === `0x${id}`);
await check('ethers.getTransactionReceipt', async () => receipt.status === 1 && receipt.logs.length === 1);
await check('ethers.getLogs', async () => (await ethers.getLogs({ address: counter, fromBlock: 0, toBlock: 'latest' })).length === 1);
await check('ethers.Contract call', async () => (await new Contract(counter, abi, ethers).count()) === 7n);
await check('ethers.Contract.queryFilter', async () => (await new Contract(counter, abi, ethers).queryFilter('Counted', 0)).at(0).args.note === 'seven');
await check('ethers.estimateGas', async () => (await ethers.estimateGas({ to: counter, from: holder, data: '0x06661abd' })) > 0n);
await check('ethers.getFeeData', async () => (await ethers.send('eth_gasPrice', [])) === '0x64');
await check('ethers revert', () => new Contract(counter, abi, ethers).fail.staticCall().then(() => false, (e) => /not today/.test(JSON.stringify(e, (_, v) => (typeof v === 'bigint' ? `${v}` : v)) + e.message)));

const viem = createPublicClient({ transport: http(`${url}/jsonrpc`) });
await check('viem.getChainId', async () => (await viem.getChainId()) > 0);
await check('viem.getBlockNumber', async () => (await viem.getBlockNumber()) > 0n);
await check('viem.getBlock', async () => (await viem.getBlock({ blockNumber: BigInt(receipt.blockNumber), includeTransactions: true })).transactions.length === 1);
await check('viem.getBalance', async () => (await viem.getBalance({ address: holder })) > 0n);
await check('viem.readContract', async () => (await viem.readContract({ address: counter, abi: parseAbi(abi), functionName: 'count' })) === 7n);
await check('viem.getTransactionReceipt', async () => (await viem.getTransactionReceipt({ hash: `0x${id}` })).status === 'success');
await check('viem.getLogs', async () => (await viem.getLogs({ address: counter, event: parseAbi(abi)[2], fromBlock: 0n })).at(0).args.count === 7n);
await check('viem filters', async () => {
  const filter = await viem.createEventFilter({ address: counter, fromBlock: 0n });
  const logs = await viem.getFilterLogs({ filter });
  return logs.length === 1 && (await viem.uninstallFilter({ filter }));
});
await check('eth_getBlockReceipts', async () => (await ethers.send('eth_getBlockReceipts', [receipt.blockHash])).length === 1);
await check('eth_call with input', async () => BigInt(await ethers.send('eth_call', [{ to: counter, input: '0x06661abd' }, 'latest'])) === 7n);

for (const line of bad) console.log(`bad ${line}`);
console.log(`good ${good}`);
process.exit(bad.length === 0 ? 0 : 1);
