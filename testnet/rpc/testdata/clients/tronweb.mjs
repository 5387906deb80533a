// Calls TronWeb over every one of its namespaces. Arguments: the node's URL and a private key with much TRX.
// Prints a line per call and ends with the number that worked; any failure makes the exit code 1.
import fs from 'node:fs';
import { TronWeb, utils } from 'tronweb';
import solc from 'solc';

const [url, privateKey, otherKey] = process.argv.slice(2);
const web = new TronWeb({ fullHost: url, privateKey });
const me = web.address.fromPrivateKey(privateKey);
const other = web.address.fromPrivateKey(otherKey);
let good = 0;
const bad = [];

async function check(name, run) {
  try {
    const answer = await run();
    if (answer === false) throw new Error('the answer is not what it should be');
    good++;
    return answer;
  } catch (problem) {
    bad.push(`${name}: ${problem?.message ?? JSON.stringify(problem) ?? problem}`);
    return undefined;
  }
}

const same = (got, want) => {
  const text = (v) => JSON.stringify(v, (_, x) => (typeof x === 'bigint' ? x.toString() : x));
  if (text(got) !== text(want)) throw new Error(`got ${text(got)}, want ${text(want)}`);
  return true;
};

async function sent(transaction, key = privateKey) {
  const signed = await web.trx.sign(transaction, key);
  const answer = await web.trx.sendRawTransaction(signed);
  if (!answer.result) throw new Error(`${answer.code}: ${answer.message && web.toUtf8(answer.message)}`);
  const info = await web.trx.getTransactionInfo(signed.txID);
  if (info.result === 'FAILED') throw new Error(`${info.receipt.result} ${info.resMessage && web.toUtf8(info.resMessage)}`);
  return info;
}

function compiled() {
  const input = {
    language: 'Solidity',
    sources: { 'Counter.sol': { content: fs.readFileSync(new URL('Counter.sol', import.meta.url), 'utf8') } },
    settings: { outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } } },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input)));
  return output.contracts['Counter.sol'].Counter;
}

// Reading.
await check('isConnected', async () => same(await web.isConnected(), { fullNode: true, solidityNode: true, eventServer: true }));
const block = await check('trx.getCurrentBlock', () => web.trx.getCurrentBlock());
await check('trx.getConfirmedCurrentBlock', async () => (await web.trx.getConfirmedCurrentBlock()).blockID.length === 64);
await check('trx.getBlock', async () => (await web.trx.getBlock('latest')).blockID.length === 64);
await check('trx.getBlockByHash', async () => same((await web.trx.getBlockByHash(block.blockID)).blockID, block.blockID));
await check('trx.getBlockByNumber', async () => (await web.trx.getBlockByNumber(0)).blockID.length === 64);
await check('trx.getBlockRange', async () => (await web.trx.getBlockRange(0, 0)).length === 1);
await check('trx.getBalance', async () => (await web.trx.getBalance(me)) > 0);
await check('trx.getUnconfirmedBalance', async () => (await web.trx.getUnconfirmedBalance(me)) > 0);
await check('trx.getAccount', async () => same((await web.trx.getAccount(me)).address, web.address.toHex(me)));
await check('trx.getUnconfirmedAccount', async () => same((await web.trx.getUnconfirmedAccount(me)).address, web.address.toHex(me)));
await check('trx.getAccount of nobody', async () => same(await web.trx.getAccount('T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb'), {}));
await check('trx.getBandwidth', async () => (await web.trx.getBandwidth(me)) === 600);
await check('trx.getAccountResources', async () => (await web.trx.getAccountResources(me)).freeNetLimit === 600);
await check('trx.getChainParameters', async () => (await web.trx.getChainParameters()).some((p) => p.key === 'getEnergyFee' && p.value === 100));
await check('trx.getNodeInfo', async () => /^Num:\d+,ID:[0-9a-f]{64}$/.test((await web.trx.getNodeInfo()).block));
await check('trx.listNodes', async () => same(await web.trx.listNodes(), []));
await check('trx.listSuperRepresentatives', async () => (await web.trx.listSuperRepresentatives()).length > 0);
await check('trx.getNowWitnessList', async () => (await web.trx.getNowWitnessList(0, 10)).length > 0);
await check('trx.timeUntilNextVoteCycle', async () => (await web.trx.timeUntilNextVoteCycle()) >= 0);
await check('trx.listProposals', async () => Array.isArray(await web.trx.listProposals()));
await check('trx.listExchanges', async () => Array.isArray(await web.trx.listExchanges()));
await check('trx.getBandwidthPrices', async () => (await web.trx.getBandwidthPrices()).startsWith('0:'));
await check('trx.getEnergyPrices', async () => (await web.trx.getEnergyPrices()).startsWith('0:'));
await check('trx.getReward', async () => same(await web.trx.getReward(me), 0));
await check('trx.getUnconfirmedReward', async () => same(await web.trx.getUnconfirmedReward(me), 0));
await check('trx.getBrokerage', async () => same(await web.trx.getBrokerage(me), 20));
await check('trx.getUnconfirmedBrokerage', async () => same(await web.trx.getUnconfirmedBrokerage(me), 20));
await check('trx.getCurrentRefBlockParams', async () => (await web.trx.getCurrentRefBlockParams()).ref_block_hash.length === 16);
await check('trx.raw.getAccount', async () => typeof (await web.trx.raw.getAccount(me)).balance === 'string');
await check('trx.raw.getCurrentBlock', async () => typeof (await web.trx.raw.getCurrentBlock()).block_header.raw_data.timestamp === 'string');
await check('trx.raw.getChainParameters', async () => (await web.trx.raw.getChainParameters()).length > 60);
await check('trx.raw.getAccountResources', async () => (await web.trx.raw.getAccountResources(me)).freeNetLimit === '600');

// Moving TRX.
const sendTrx = await check('trx.sendTransaction', () => web.trx.sendTransaction(other, 1_000_000));
await check('trx.getTransaction', async () => same((await web.trx.getTransaction(sendTrx.txid)).ret[0].contractRet, 'SUCCESS'));
await check('trx.getConfirmedTransaction', async () => same((await web.trx.getConfirmedTransaction(sendTrx.txid)).txID, sendTrx.txid));
await check('trx.getTransactionInfo', async () => (await web.trx.getTransactionInfo(sendTrx.txid)).blockNumber > 0);
await check('trx.getUnconfirmedTransactionInfo', async () => (await web.trx.getUnconfirmedTransactionInfo(sendTrx.txid)).id === sendTrx.txid);
const at = sendTrx && (await web.trx.getTransactionInfo(sendTrx.txid)).blockNumber;
await check('trx.getBlockTransactionCount', async () => same(await web.trx.getBlockTransactionCount(at), 1));
await check('trx.getTransactionFromBlock', async () => same((await web.trx.getTransactionFromBlock(at, 0)).txID, sendTrx.txid));
await check('trx.getTransactionsFromBlock', async () => (await web.trx.getTransactionsFromBlock(at)).length === 1);
await check('transactionBuilder.sendTrx', async () => sent(await web.transactionBuilder.sendTrx(other, 5, me)));
await check('transactionBuilder.addUpdateData', async () => sent(await web.transactionBuilder.addUpdateData(await web.transactionBuilder.sendTrx(other, 6, me), 'hello', 'utf8')));
await check('transactionBuilder.extendExpiration', async () => sent(await web.transactionBuilder.extendExpiration(await web.transactionBuilder.sendTrx(other, 7, me), 600)));
await check('sending without money', async () => {
  const poor = await web.createAccount();
  const transaction = await web.transactionBuilder.sendTrx(me, 5, poor.address.base58).catch((e) => e);
  const signed = await web.trx.sign(transaction, poor.privateKey);
  const answer = await web.trx.sendRawTransaction(signed);
  return answer.code === 'CONTRACT_VALIDATE_ERROR' && /does not exist/.test(web.toUtf8(answer.message));
});
await check('trx.getSignWeight', async () => same((await web.trx.getSignWeight(await web.trx.sign(await web.transactionBuilder.sendTrx(other, 9, me)))).current_weight, 1));
await check('trx.getApprovedList', async () => same((await web.trx.getApprovedList(await web.trx.sign(await web.transactionBuilder.sendTrx(other, 9, me)))).approved_list, [web.address.toHex(me)]));
await check('trx.sendHexTransaction', async () => {
  const signed = await web.trx.sign(await web.transactionBuilder.sendTrx(other, 11, me));
  const pb = utils.transaction.txJsonToPb(signed);
  for (const s of signed.signature) pb.addSignature(Uint8Array.from(Buffer.from(s, 'hex')));
  return (await web.trx.sendHexTransaction(Buffer.from(pb.serializeBinary()).toString('hex'))).result === true;
});

// Accounts.
const fresh = await web.createAccount();
await check('transactionBuilder.createAccount', async () => sent(await web.transactionBuilder.createAccount(fresh.address.base58, me)));
await check('transactionBuilder.updateAccount', async () => sent(await web.transactionBuilder.updateAccount('Piecework', me)));
const accountId = web.toHex(`id${String(Date.now()).slice(-8)}`).slice(2); // TronWeb takes the id as at most 32 hex digits
await check('transactionBuilder.setAccountId', async () => sent(await web.transactionBuilder.setAccountId(accountId, me)));
await check('trx.getAccountById', async () => same((await web.trx.getAccountById(accountId)).address, web.address.toHex(me)));
await check('trx.getUnconfirmedAccountById', async () => same((await web.trx.getUnconfirmedAccountById(accountId)).address, web.address.toHex(me)));
await check('transactionBuilder.updateAccountPermissions', async () => {
  const owner = { type: 0, permission_name: 'owner', threshold: 1, keys: [{ address: web.address.toHex(other), weight: 1 }] };
  const active = { type: 2, permission_name: 'active', threshold: 2, operations: '7fff1fc0033e0000000000000000000000000000000000000000000000000000',
    keys: [{ address: web.address.toHex(other), weight: 1 }, { address: web.address.toHex(me), weight: 1 }] };
  await sent(await web.transactionBuilder.sendTrx(fresh.address.base58, 200_000_000, me));
  await sent(await web.transactionBuilder.updateAccountPermissions(fresh.address.base58, owner, null, [active]), fresh.privateKey);
  const transaction = await web.transactionBuilder.sendTrx(me, 5, fresh.address.base58, { permissionId: 2 });
  const once = await web.trx.multiSign(transaction, privateKey, 2);
  const twice = await web.trx.multiSign(once, otherKey, 2);
  return (await web.trx.sendRawTransaction(twice)).result === true;
});

// Staking.
await check('transactionBuilder.freezeBalanceV2', async () => sent(await web.transactionBuilder.freezeBalanceV2(500_000_000, 'ENERGY', me)));
await check('freezeBalanceV2 bandwidth', async () => sent(await web.transactionBuilder.freezeBalanceV2(100_000_000, 'BANDWIDTH', me)));
await check('trx.getCanDelegatedMaxSize', async () => (await web.trx.getCanDelegatedMaxSize(me, 'ENERGY')).max_size > 0);
await check('transactionBuilder.delegateResource', async () => sent(await web.transactionBuilder.delegateResource(10_000_000, other, 'ENERGY', me)));
await check('trx.getDelegatedResourceV2', async () => same((await web.trx.getDelegatedResourceV2(me, other)).delegatedResource[0].frozen_balance_for_energy, 10_000_000));
await check('trx.getDelegatedResourceAccountIndexV2', async () => (await web.trx.getDelegatedResourceAccountIndexV2(me)).toAccounts.length === 1);
await check('transactionBuilder.undelegateResource', async () => sent(await web.transactionBuilder.undelegateResource(10_000_000, other, 'ENERGY', me)));
await check('transactionBuilder.vote', async () => sent(await web.transactionBuilder.vote({ [(await web.trx.listSuperRepresentatives())[0].address]: 5 }, me)));
await check('transactionBuilder.unfreezeBalanceV2', async () => sent(await web.transactionBuilder.unfreezeBalanceV2(1_000_000, 'ENERGY', me)));
await check('trx.getAvailableUnfreezeCount', async () => same((await web.trx.getAvailableUnfreezeCount(me)).count, 31));
await check('trx.getCanWithdrawUnfreezeAmount', async () => (await web.trx.getCanWithdrawUnfreezeAmount(me, Date.now() + 15 * 86_400_000)).amount === 1_000_000);
await check('transactionBuilder.cancelUnfreezeBalanceV2', async () => sent(await web.transactionBuilder.cancelUnfreezeBalanceV2(me)));

// TRC-10.
const now = (await web.trx.getCurrentBlock()).block_header.raw_data.timestamp;
await check('transactionBuilder.createToken', async () => sent(await web.transactionBuilder.createToken({
  name: 'Acme', abbreviation: 'ACM', description: 'a token', url: 'https://example.org', totalSupply: 1_000_000, trxRatio: 1, tokenRatio: 1,
  saleStart: now + 60_000, saleEnd: now + 86_400_000, freeBandwidth: 0, freeBandwidthLimit: 0, frozenAmount: 0, frozenDuration: 0, precision: 6,
}, me)));
const issued = await check('trx.getTokensIssuedByAddress', () => web.trx.getTokensIssuedByAddress(me));
const tokenId = String(issued?.Acme?.id ?? Object.values(issued ?? {})[0]?.id);
await check('trx.getTokenByID', async () => same((await web.trx.getTokenByID(tokenId)).name, 'Acme'));
await check('trx.getTokenFromID', async () => same((await web.trx.getTokenFromID('Acme')).abbr, 'ACM'));
await check('trx.getTokenListByName', async () => Boolean(await web.trx.getTokenListByName('Acme')));
await check('trx.listTokens', async () => (await web.trx.listTokens()).length === 1);
await check('trx.listTokens paged', async () => (await web.trx.listTokens(1, 0)).length === 1);
await check('transactionBuilder.sendToken', async () => sent(await web.transactionBuilder.sendToken(other, 25, tokenId, me)));
await check('trx.sendToken', async () => (await web.trx.sendToken(other, 5, tokenId)).result === true);
await check('transactionBuilder.updateToken', async () => sent(await web.transactionBuilder.updateToken({ description: 'b', url: 'https://example.com', freeBandwidth: 0, freeBandwidthLimit: 0 }, me)));

// Contracts.
const { abi, evm } = compiled();
const counter = await check('contract().new', () => web.contract().new({ abi, bytecode: evm.bytecode.object, feeLimit: 1_000_000_000, callValue: 3, parameters: ['first'], name: 'Counter' }));
const address = counter?.address;
await check('contract().at', async () => web.contract().at(address));
await check('call of a getter', async () => same(await counter.label().call(), 'first'));
const addId = await check('send', () => counter.add(7, 'seven').send({ feeLimit: 100_000_000 }));
await check('count after', async () => same(await counter.count().call(), 7n));
await check('send and poll', async () => (await counter.add(1, 'one').send({ feeLimit: 100_000_000, shouldPollResponse: true, pollTimes: 3 })) !== undefined);
await check('payable', async () => {
  await counter.pay().send({ callValue: 9 });
  return same(await counter.paid(me).call(), 9n);
});
await check('arrays', async () => {
  const answer = await counter.many([1, 2, 3], true).call();
  return same([answer.sum ?? answer[0], answer.same ?? answer[1]], [6n, true]);
});
await check('revert by call', async () => counter.fail().call().then(() => false, (e) => /REVERT|not today/.test(String(e?.message ?? e?.error ?? e))));
await check('revert by send', async () => {
  const id = await counter.add(1000, 'x').send({ feeLimit: 100_000_000 });
  return (await web.trx.getTransactionInfo(id)).receipt.result === 'REVERT';
});
await check('trx.getContract', async () => same((await web.trx.getContract(address)).name, 'Counter'));
await check('trx.getContractInfo', async () => (await web.trx.getContractInfo(address)).runtimecode.length > 100);
await check('transactionBuilder.triggerConstantContract', async () => (await web.transactionBuilder.triggerConstantContract(address, 'count()', {}, [], me)).constant_result[0].length === 64);
await check('transactionBuilder.triggerConfirmedConstantContract', async () => (await web.transactionBuilder.triggerConfirmedConstantContract(address, 'count()', {}, [], me)).constant_result.length === 1);
await check('transactionBuilder.estimateEnergy', async () => (await web.transactionBuilder.estimateEnergy(address, 'add(uint256,string)', {}, [{ type: 'uint256', value: 1 }, { type: 'string', value: 'x' }], me)).energy_required > 1000);
await check('transactionBuilder.deployConstantContract', async () => (await web.transactionBuilder.deployConstantContract({ input: evm.bytecode.object + '0'.repeat(62) + '20' + '0'.repeat(64), ownerAddress: me })).energy_required > 10_000);
await check('transactionBuilder.triggerSmartContract', async () => sent((await web.transactionBuilder.triggerSmartContract(address, 'pay()', { feeLimit: 100_000_000, callValue: 1 }, [], me)).transaction));
await check('triggerSmartContract locally', async () => sent((await web.transactionBuilder.triggerSmartContract(address, 'pay()', { feeLimit: 100_000_000, callValue: 1, txLocal: true }, [], me)).transaction));
await check('calling with a token', async () => sent((await web.transactionBuilder.triggerSmartContract(address, 'receiveToken()', { feeLimit: 100_000_000, tokenId: Number(tokenId), tokenValue: 2 }, [], me)).transaction));
await check('transactionBuilder.updateSetting', async () => sent(await web.transactionBuilder.updateSetting(address, 50, me)));
await check('transactionBuilder.updateEnergyLimit', async () => sent(await web.transactionBuilder.updateEnergyLimit(address, 5_000_000, me)));

// Events.
await check('event.getEventsByTransactionID', async () => {
  const { data } = await web.event.getEventsByTransactionID(addId);
  return same([data[0].event_name, data[0].result.count, data[0].result.note], ['Counted', '7', 'seven']);
});
await check('event.getEventsByContractAddress', async () => (await web.event.getEventsByContractAddress(address, { eventName: 'Counted', limit: 1 })).meta.fingerprint !== undefined);
await check('event.getEventsByBlockNumber', async () => (await web.event.getEventsByBlockNumber((await web.trx.getTransactionInfo(addId)).blockNumber)).data.length === 1);
await check('event.getEventsOfLatestBlock', async () => (await web.event.getEventsOfLatestBlock()).success === true);
await check('getEventResult', async () => (await web.getEventResult(address, { eventName: 'Counted' })).data.length >= 2);
await check('transactionBuilder.clearABI', async () => sent(await web.transactionBuilder.clearABI(address, me)));

// Messages.
await check('trx.signMessageV2', async () => same(await web.trx.verifyMessageV2('hello', await web.trx.signMessageV2('hello')), me));

for (const line of bad) console.log(`bad ${line}`);
console.log(`good ${good}`);
process.exit(bad.length === 0 ? 0 : 1);
