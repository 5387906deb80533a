// A contract's page: its functions as forms.
import { ask } from './api.js'
import { address, code, count, el, facts, transaction } from './dom.js'

export async function contract(a) {
  const [c, { accounts }] = await Promise.all([ask(`contract/${encodeURIComponent(a)}`), ask('accounts')])
  const list = (title, methods) => methods.length > 0 && [el('h2', {}, title), el('div', { class: 'card' }, methods.map((m) => form(c.address, m, accounts)))]
  return [
    el('h1', {}, c.name ? `Contract ${c.name}` : 'Contract'),
    facts([
      ['Address', address(c.address, true)], ['Deployed by', address(c.creator, true)], ['Code', `${count(c.code)} bytes`], ['Code hash', code(c.codeHash)],
      ['Energy', `the caller pays ${c.callerPays ?? 0} %, the deployer the rest, up to ${count(c.energyLimit)} a call`],
    ]),
    list('Read', c.methods.filter((m) => m.reads)),
    list('Write', c.methods.filter((m) => !m.reads)),
    !c.hasABI && [
      el('p', { class: 'quiet' }, 'The contract was deployed without an ABI. Any function can be called by its signature.'),
      el('div', { class: 'card' }, free(c.address, accounts)),
    ],
    el('span', { 'data-still': true }),
  ].flat().filter(Boolean)
}

/** The form of one function. Arguments are written as on the command line: [1,2] is a list, (1,"a") a tuple. */
function form(to, m, accounts) {
  const fields = m.inputs.map((p, i) => labelled(`${p.name || `argument ${i + 1}`} (${p.type})`, el('input', { name: 'argument', required: p.type !== 'string' && p.type !== 'bytes', autocomplete: 'off', spellcheck: 'false' })))
  return el('details', { class: 'method' }, el('summary', {}, code(m.signature.replace(/^function /, ''))), asking(to, () => m.signature, fields, m.reads ? [] : accounts, m.payable))
}

/** A form for a function that is typed by hand. */
function free(to, accounts) {
  const signature = el('input', { name: 'method', required: true, placeholder: 'balanceOf(address)(uint256)', autocomplete: 'off', spellcheck: 'false' })
  const given = el('input', { name: 'arguments', placeholder: 'one argument, or several with a space between them', autocomplete: 'off', spellcheck: 'false' })
  const body = (read) => asking(to, () => signature.value, [], read ? [] : accounts, !read, () => given.value.trim().split(/\s+/).filter(Boolean))
  return el('details', { class: 'method', open: true }, el('summary', {}, 'Any function'), labelled('Signature', signature), labelled('Arguments', given), body(true), body(false))
}

function labelled(text, field) {
  return el('label', {}, text, field)
}

function asking(to, signature, fields, accounts, payable, given) {
  const output = el('output')
  const caller = accounts.length > 0 && el('select', { name: 'from' }, accounts.map((a) => el('option', { value: a.address }, a.name ? `${a.name} ${a.address}` : a.address)))
  const value = payable && accounts.length > 0 && el('input', { name: 'value', inputmode: 'decimal', placeholder: '0' })
  const button = el('button', {}, accounts.length > 0 ? 'Send' : 'Read')
  return el('form', {
    submit: async (e) => {
      e.preventDefault()
      button.disabled = true
      const data = new FormData(e.target)
      const call = { contract: to, method: signature(), arguments: given ? given() : data.getAll('argument'), from: data.get('from') ?? '', value: data.get('value') ?? '' }
      try {
        output.replaceChildren(...(accounts.length > 0 ? sent(await ask('write', call)) : answered(await ask('read', call))))
        output.className = 'good'
      } catch (problem) {
        output.replaceChildren(problem.message)
        output.className = 'bad'
      } finally {
        button.disabled = false
      }
    },
  }, fields, caller && labelled('From', caller), value && labelled('TRX to send along', value), el('div', {}, button), output)
}

function sent(answer) {
  return ['Sent: ', transaction(answer.id, true)]
}

function answered(answer) {
  if (!answer.values.length) return [answer.returned || 'It returned nothing.']
  return [answer.values.map((v) => `${v.name ? `${v.name} = ` : ''}${v.value}`).join(', '), el('span', { class: 'quiet' }, ` · ${count(answer.energy)} energy`)]
}
