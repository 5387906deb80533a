// One function a page: each gives the elements to show.
import { ask } from './api.js'
import { address, block as blockLink, code, count, el, facts, link, moment, names, result, short, table, transaction as txLink } from './dom.js'

const blockColumns = [
  ['Block', (b) => blockLink(b.number)], ['Time', (b) => moment(b.time)], ['Transactions', (b) => count(b.transactions), 'number'],
  ['State', (b) => el('span', { class: b.solid ? 'good' : 'wait' }, b.solid ? 'solid' : 'head')],
]
const txColumns = [
  ['Transaction', (t) => txLink(t.id)], ['Block', (t) => blockLink(t.block)], ['What', what], ['From', (t) => address(t.from)],
  ['To', (t) => address(t.to)], ['Amount', (t) => t.amount, 'number'], ['Result', (t) => result(t.result)],
]

/** The kind of a transaction in words: a call is the method that it calls, where that is known. */
function what(t) {
  const words = { TriggerSmartContract: 'Call', CreateSmartContract: 'Deploy' }[t.type] ?? t.type.replace(/Contract$/, '').replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
  return t.method ? code(t.method) : words
}

export async function home() {
  const h = await ask('home')
  return [
    el('h1', {}, 'The newest'),
    facts([
      ['Head', blockLink(h.head)], ['Solid', blockLink(h.solid)], ['Waiting transactions', count(h.pending)], ['Time of the chain', moment(h.time)],
      ['Burnt', `${h.burnt} TRX`], ['Genesis block', code(h.genesis)],
    ]),
    el('div', { class: 'two' },
      el('section', {}, el('h2', {}, 'Blocks'), table(blockColumns, h.blocks)),
      el('section', {}, el('h2', {}, 'Transactions'), table([0, 2, 3, 4, 6].map((i) => txColumns[i]), h.transactions))),
  ]
}

export async function blocks(from) {
  const list = await ask(`blocks${from ? `?from=${from}` : ''}`)
  return [el('h1', {}, 'Blocks'), table(blockColumns, list.blocks), from && el('span', { 'data-still': true }), older(list.next, (n) => `blocks/${n}`)].filter(Boolean)
}

function older(next, path) {
  return el('p', { class: 'more' }, next > 0 ? link(path(next), 'Older') : el('span', { class: 'quiet' }, 'That is all.'))
}

export async function block(id) {
  const { block: b, list, ...rest } = await ask(`block/${encodeURIComponent(id)}`)
  return [
    el('h1', {}, `Block ${count(b.number)}`),
    facts([
      ['Id', code(b.id)], ['Time', moment(b.time)], ['Parent', b.number > 0 ? link(`block/${b.number - 1}`, rest.parent) : code(rest.parent)],
      ['Made by', address(b.witness, true)], ['State', b.solid ? 'solid' : 'head: a fork can still undo it'], ['Version', rest.version],
      ['Transaction root', code(rest.root)], ['Signature', code(rest.signature)],
    ]),
    el('h2', {}, `Transactions (${b.transactions})`), table(txColumns, list, 'None.'),
  ]
}

export async function transaction(id) {
  const t = await ask(`tx/${encodeURIComponent(id)}`)
  return [
    el('h1', {}, 'Transaction'),
    facts([
      ['Id', code(t.id)], ['Result', el('span', {}, result(t.result), t.revert && ` ${t.revert}`)],
      ['Block', el('span', {}, blockLink(t.block), t.block >= 0 && (t.solid ? ' solid' : ' not solid yet'))], ['Time', moment(t.time)],
      ['Kind', t.type], ['From', address(t.from, true)], ['To', address(t.to, true)], ['Amount', t.amount], ['Made contract', t.type === 'CreateSmartContract' && t.contract ? link(`contract/${t.contract}`, t.contract) : ''],
      ['Fee', t.fee && `${t.fee} TRX`], ['Energy', t.energy > 0 ? `${count(t.energy)}${t.energyPenalty ? `, ${count(t.energyPenalty)} of it dynamic` : ''}; burnt ${t.energyFee} TRX` : ''],
      ['Bandwidth', t.fee && `${count(t.bandwidth)}; burnt ${t.bandwidthFee} TRX`], ['Fee limit', t.feeLimit && `${t.feeLimit} TRX`],
      ['Memo', t.memo], ['Signatures', t.signatures], ['Expires', moment(t.expires)],
    ]),
    t.call && [el('h2', {}, 'Call'), facts([['Function', code(t.call.signature)], ...t.call.arguments.map(argument)])],
    t.data && !t.call && [el('h2', {}, 'Call'), facts([['Data', code(t.data)]])],
    t.events.length > 0 && [el('h2', {}, `Events (${t.events.length})`), ...t.events.map((e) => facts([
      ['Contract', address(e.contract, true)], ['Event', e.name ? code(e.name) : el('span', { class: 'quiet' }, 'no ABI tells it')],
      ...(e.arguments?.map(argument) ?? []), ...(e.name ? [] : [...e.topics.map((x, i) => [`Topic ${i}`, code(x)]), ['Data', code(e.data)]]),
    ]))],
    t.internal.length > 0 && [el('h2', {}, `Internal transactions (${t.internal.length})`), table([
      ['Kind', (i) => i.kind], ['From', (i) => address(i.from)], ['To', (i) => address(i.to)], ['Amount', (i) => i.amounts.join(', '), 'number'],
      ['', (i) => i.rejected && el('span', { class: 'bad' }, 'undone')],
    ], t.internal)],
    el('h2', {}, 'As signed'), facts(t.fields.map((f) => [f.name, code(f.value)])),
    el('p', { class: 'quiet' }, el('a', { href: `/wallet/gettransactionbyid?value=${t.id}` }, 'Transaction as JSON'), ' · ', el('a', { href: `/wallet/gettransactioninfobyid?value=${t.id}` }, 'Receipt as JSON')),
    t.block >= 0 && t.solid && el('span', { 'data-still': true }),
  ].flat().filter(Boolean)
}

function argument(a) {
  return [`${a.name || 'unnamed'} (${a.type})`, a.type === 'address' ? address(a.value, true) : code(a.value)]
}

function used(r) {
  if (!r) return ''
  return el('span', {}, `${count(r.used)} of ${count(r.limit)} `, r.limit > 0 && el('meter', { min: 0, max: r.limit, value: r.used, title: 'used' }))
}

export async function account(a, from) {
  const [who, list] = await Promise.all([ask(`account/${encodeURIComponent(a)}`), ask(`history/${encodeURIComponent(a)}${from ? `?from=${from}` : ''}`)])
  const id = who.account.address
  return [
    el('h1', {}, who.account.name ? `Account ${who.account.name}` : 'Account'),
    facts([
      ['Address', code(id)], ['Hex', code(who.hex)], ['State', who.exists ? '' : 'not activated: the first transfer to it costs its sender 1 TRX more'],
      ['Contract', who.contract ? link(`contract/${id}`, 'read and write') : ''], ['Name', who.name], ['Balance', `${who.balance} TRX`],
      ['Staked', Object.entries(who.staked ?? {}).map(([kind, amount]) => `${amount} TRX for ${kind.toLowerCase()}`).join(', ')],
      ['Bandwidth', used(who.bandwidth)], ['Energy', used(who.energy)], ['Vote reward', who.reward && who.reward !== '0' ? `${who.reward} TRX` : ''], ['Created', moment(who.created)],
    ]),
    el('h2', {}, 'Tokens'),
    table([['Token', (t) => t.symbol || 'no symbol'], ['Standard', (t) => t.standard], ['Id', (t) => (t.standard === 'TRC-20' ? link(`contract/${t.id}`, short(t.id)) : t.id)], ['Amount', (t) => t.amount, 'number']], who.tokens, 'None.'),
    el('h2', {}, 'Transactions'), table(txColumns, list.list, 'None.'), older(list.next, (n) => `account/${id}/${n}`),
    from && el('span', { 'data-still': true }),
  ].filter(Boolean)
}

export async function tokens() {
  const { tokens: list } = await ask('tokens')
  return [el('h1', {}, 'Tokens'), table([
    ['Name', (t) => t.name || el('span', { class: 'quiet' }, 'no name')], ['Symbol', (t) => t.symbol], ['Standard', (t) => t.standard],
    ['Id', (t) => (t.standard === 'TRC-20' ? link(`contract/${t.id}`, t.id) : t.id)], ['Issuer', (t) => address(t.issuer)], ['Supply', (t) => t.amount, 'number'],
  ], list, 'No token was issued, and none moved lately.')]
}

export async function accounts() {
  const { accounts: list } = await ask('accounts')
  for (const a of list) if (a.name) names.set(a.address, a.name)
  return [
    el('h1', {}, 'Funded accounts'), el('p', { class: 'quiet' }, 'Everybody knows their keys: send nothing real to them.'),
    table([['Name', (a) => a.name ?? ''], ['Address', (a) => address(a.address, true)], ['Balance', (a) => `${a.balance} TRX`, 'number']], list),
  ]
}
