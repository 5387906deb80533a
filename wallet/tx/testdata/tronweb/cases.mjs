// The transactions that TronWeb builds. The Go side (golden_test.go) builds the same by name and compares every byte.
import { TronWeb, utils } from 'tronweb';

export const key = '0'.repeat(63) + '1';
export const tronWeb = new TronWeb({ fullHost: 'http://127.0.0.1:9', privateKey: key }); // never asked: every case brings its block header
export const me = 'TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC';
export const you = 'TBXSw8fM4jpQkGc6zZjsVABFpVN7UvXPdV';
export const other = 'TPjjvMwjPoDC32V2dGDYTkLH4E5LAtBZ6C';
export const third = 'TB7mhtkvfhsRBRhe5FuRa4tFXSEyGDe4eA';
const usdt = 'TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t';

export const blockHeader = {
  ref_block_bytes: '1234',
  ref_block_hash: '0123456789abcdef',
  expiration: 1700000060000,
  timestamp: 1700000000000,
};
const o = { blockHeader };
const two = { blockHeader, permissionId: 2 };
const b = tronWeb.transactionBuilder;
const start = 4102444800000; // 2100: TronWeb compares the start of a sale with the clock
const token = { name: 'Acme', abbreviation: 'ACM', description: 'a token', url: 'https://acme.example', totalSupply: 1000000, trxRatio: 1, tokenRatio: 100, saleStart: start, saleEnd: start + 86400000 };
const abi = [
  { type: 'constructor', inputs: [{ name: 'supply', type: 'uint256' }], stateMutability: 'payable' },
  { type: 'function', name: 'balanceOf', inputs: [{ name: 'who', type: 'address' }], outputs: [{ name: '', type: 'uint256' }], stateMutability: 'view' },
  { type: 'function', name: 'pure', inputs: [], outputs: [], stateMutability: 'pure', constant: true },
  { type: 'function', name: 'pay', inputs: [{ name: 'to', type: 'address' }, { name: 'items', type: 'tuple[]', components: [{ name: 'a', type: 'uint8' }] }], outputs: [], stateMutability: 'payable', payable: true },
  { type: 'event', name: 'Paid', anonymous: true, inputs: [{ name: 'to', type: 'address', indexed: true }, { name: 'n', type: 'uint256', indexed: false }] },
  { type: 'error', name: 'Broke', inputs: [{ name: 'short', type: 'uint256' }] },
  { type: 'fallback', stateMutability: 'nonpayable' },
  { type: 'receive', stateMutability: 'payable' },
];
const deploy = { abi, bytecode: '6080604052', parameters: [1000], name: 'Acme', feeLimit: 1000000000, userFeePercentage: 100, originEnergyLimit: 10000000, blockHeader };
const permission = (type, name, threshold, ...keys) => ({ type, permission_name: name, threshold, keys: keys.map(([address, weight]) => ({ address, weight })) });
const active = (operations, ...rest) => ({ ...permission(2, ...rest), operations });
const most = '7fff1fc0033ec30f' + '0'.repeat(48);

async function memo(tx, text) {
  return b.addUpdateData(tx, text, 'utf8', { txLocal: true });
}

// relic builds what TronWeb has messages for but no builder.
function relic(type, number, fill) {
  const proto = globalThis.TronWebProto;
  const message = new proto[type]();
  fill(message, (address) => new Uint8Array(Buffer.from(TronWeb.address.toHex(address), 'hex')));
  const tx = utils.transaction.txJsonToPb({
    raw_data: { ...blockHeader, contract: [{ type: 'WithdrawBalanceContract', parameter: { value: { owner_address: TronWeb.address.toHex(me) } } }] },
  });
  const contract = tx.getRawData().getContractList()[0];
  contract.setType(number);
  contract.getParameter().pack(message.serializeBinary(), 'protocol.' + type);
  return { visible: false, txID: utils.transaction.txPbToTxID(tx).replace(/^0x/, ''), raw_data_hex: utils.transaction.txPbToRawDataHex(tx).toLowerCase() };
}

export const cases = {
  'transfer': () => b.sendTrx(you, 1000000, me, o),
  'transfer 1 sun': () => b.sendTrx(you, 1, me, o),
  'transfer 2^53-1 sun': () => b.sendTrx(you, Number.MAX_SAFE_INTEGER, me, o),
  'transfer by permission 2': () => b.sendTrx(you, 1000000, me, two),
  'transfer with memo': async () => memo(await b.sendTrx(you, 1000000, me, o), 'für Ørsted: 谢谢 🙂'),
  'transfer asset': () => b.sendToken(you, 5, '1000001', me, o),
  'transfer asset by permission 3': () => b.sendToken(you, 9007199254740991, '1002000', me, { blockHeader, permissionId: 3 }),
  'issue': () => b.createToken({ ...token, ...o }, me),
  'issue with everything': () => b.createToken({ ...token, precision: 6, freeBandwidth: 1000, freeBandwidthLimit: 2000, frozenAmount: 500, frozenDuration: 30, voteScore: 7, ...o }, me),
  'participate': () => b.purchaseToken(you, '1000001', 20, me, o),
  'update asset': () => b.updateToken({ description: 'better', url: 'https://acme.example/2', freeBandwidth: 10, freeBandwidthLimit: 20, ...o }, me),
  'update asset to no limits': () => b.updateToken({ description: 'better', url: 'https://acme.example/2', ...o }, me),
  'create account': () => b.createAccount(you, me, o),
  'name account': () => b.updateAccount('alice ✓', me, o),
  'set account id': () => b.setAccountId('616c6963652d3031', me, o),
  'stake for bandwidth': () => b.freezeBalanceV2(1000000, 'BANDWIDTH', me, o),
  'stake for energy': () => b.freezeBalanceV2(2000000, 'ENERGY', me, o),
  'unstake bandwidth': () => b.unfreezeBalanceV2(1000000, 'BANDWIDTH', me, o),
  'unstake energy by permission 2': () => b.unfreezeBalanceV2(1000000, 'ENERGY', me, two),
  'cancel unstaking': () => b.cancelUnfreezeBalanceV2(me, o),
  'withdraw unstaked': () => b.withdrawExpireUnfreeze(me, o),
  'delegate bandwidth': () => b.delegateResource(1000000, you, 'BANDWIDTH', me, false, undefined, o),
  'delegate energy, locked': () => b.delegateResource(1000000, you, 'ENERGY', me, true, 86400, o),
  'undelegate energy': () => b.undelegateResource(1000000, you, 'ENERGY', me, o),
  'undelegate bandwidth': () => b.undelegateResource(1000000, you, 'BANDWIDTH', me, o),
  'old stake for another': () => b.freezeBalance(1000000, 3, 'ENERGY', me, you, o),
  'old unstake': () => b.unfreezeBalance('BANDWIDTH', me, undefined, o),
  'old unstake of energy for another': () => b.unfreezeBalance('ENERGY', me, you, o),
  'withdraw rewards': () => b.withdrawBlockRewards(me, o),
  'vote': () => b.vote({ [you]: 3, [other]: 4000000000 }, me, o),
  'become witness': () => b.applyForSR(me, 'https://sr.example', o),
  'update witness': () => b.updateWitness(me, 'https://sr.example/2', o),
  'update brokerage': () => b.updateBrokerage(20, me, o),
  'update brokerage to nothing': () => b.updateBrokerage(0, me, o),
  'propose': () => b.createProposal([{ key: 11, value: 100 }, { key: 10, value: 0 }], me, o),
  'approve proposal': () => b.voteProposal(7, true, me, o),
  'disapprove proposal': () => b.voteProposal(7, false, me, o),
  'delete proposal': () => b.deleteProposal(7, me, o),
  'deploy': () => b.createSmartContract(deploy, me),
  'deploy with value': () => b.createSmartContract({ ...deploy, callValue: 10, tokenValue: 20, tokenId: 1000001, userFeePercentage: 0, permissionId: 2 }, me),
  'deploy without abi': () => b.createSmartContract({ ...deploy, abi: [], parameters: [], name: '' }, me),
  'call': () => b.triggerSmartContract(usdt, 'transfer(address,uint256)', { txLocal: true, feeLimit: 100000000, blockHeader }, [{ type: 'address', value: you }, { type: 'uint256', value: 12500000 }], me).then((r) => r.transaction),
  'call with value': () => b.triggerSmartContract(usdt, 'pay()', { txLocal: true, feeLimit: 1, callValue: 5, tokenValue: 6, tokenId: 1000001, permissionId: 4, blockHeader }, [], me).then((r) => r.transaction),
  'call with data alone': () => b.triggerSmartContract(usdt, '', { txLocal: true, feeLimit: 15000000000, input: 'deadbeef', blockHeader }, [], me).then((r) => r.transaction),
  'update setting': () => b.updateSetting(usdt, 30, me, o),
  'update setting to nothing': () => b.updateSetting(usdt, 0, me, o),
  'update energy limit': () => b.updateEnergyLimit(usdt, 9000000, me, o),
  'clear abi': () => b.clearABI(usdt, me, o),
  'create TRX exchange': () => b.createTRXExchange('1000001', 100, 200, me, o),
  'create token exchange': () => b.createTokenExchange('1000001', 100, '1000002', 200, me, o),
  'inject': () => b.injectExchangeTokens(1, '1000001', 50, me, o),
  'withdraw from exchange': () => b.withdrawExchangeTokens(1, '1000001', 50, me, o),
  'trade': () => b.tradeExchangeTokens(1, '1000001', 50, 60, me, o),
  'permissions': () => b.updateAccountPermissions(me, permission(0, 'owner', 1, [me, 1]), undefined, [active(most, 'active', 2, [me, 1], [you, 1])], o),
  'permissions of a witness': () => b.updateAccountPermissions(me, permission(0, 'owner', 2, [me, 1], [you, 1], [other, 2]), permission(1, 'witness', 1, [third, 1]), [active(most, 'a', 1, [me, 1]), active('02' + '0'.repeat(62), 'b', 3, [you, 3])], o),
  'unfreeze asset': () => relic('UnfreezeAssetContract', 14, (m, bytes) => m.setOwnerAddress(bytes(me))),
};
