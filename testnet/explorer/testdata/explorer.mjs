import { check, finish, fits, open, shoot } from './launch.mjs'

const [url, token, bob, sent, failed, attack] = process.argv.slice(2)
const page = await open(url)
const text = () => page.locator('main').innerText()
const at = async (hash, heading, on = page) => {
  await on.evaluate((h) => { location.hash = h }, hash)
  await on.locator(`main[data-shows="${hash}"]`).getByRole('heading', { level: 1, name: heading }).waitFor()
}

// The first page, and a block that comes while it is open.
await page.getByRole('heading', { name: 'The newest' }).waitFor()
await page.locator('#head', { hasText: 'Block 6' }).waitFor()
check('the first page lists the transfer', (await text()).includes('transfer'))
await fetch(`${url}/tre`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tre_mine', params: [{ blocks: 1 }] }) })
await page.locator('#head', { hasText: 'Block 7' }).waitFor()
await page.locator('main').getByRole('link', { name: '7', exact: true }).first().waitFor()
await shoot(page, 'explorer-home')

// A transaction: its call, its event, its costs.
await at(`#/tx/${sent}`, 'Transaction')
for (const part of ['SUCCESS', 'transfer(address', '12500000', 'Event', 'Bandwidth']) check(`the transaction shows ${part}`, (await text()).includes(part))
await shoot(page, 'explorer-transaction')
await at(`#/tx/${failed}`, 'Transaction')
check('a failed transaction says why', (await text()).includes('REVERT '))

// An account, by search.
await page.getByRole('searchbox').fill(bob)
await page.getByRole('button', { name: 'Search' }).click()
await page.getByRole('heading', { name: 'Account bob' }).waitFor()
for (const part of ['12.5', 'SEED', 'TRC-20', 'Energy']) check(`the account shows ${part}`, (await text()).includes(part))
await shoot(page, 'explorer-account')

// A contract: read, write, and what goes wrong.
await at(`#/contract/${token}`, 'Contract')
await page.getByText('balanceOf(address').click()
let form = page.locator('details[open] form')
await form.getByRole('textbox').fill(bob)
await form.getByRole('button', { name: 'Read' }).click()
await form.getByText('12500000').waitFor()
await page.getByText('balanceOf(address').click()
await page.getByText(/^transfer\(/).click()
form = page.locator('details[open] form')
await form.getByRole('textbox').nth(0).fill(bob)
await form.getByRole('textbox').nth(1).fill('1.5')
await form.getByRole('button', { name: 'Send' }).click()
await form.locator('output.bad').waitFor()
await form.getByRole('textbox').nth(1).fill('1500000')
await form.getByRole('button', { name: 'Send' }).click()
await form.getByText('Sent:').waitFor()
await shoot(page, 'explorer-contract')
await form.locator('output a').click()
await page.getByRole('heading', { level: 1, name: 'Transaction' }).waitFor()
check('what the page sent succeeded', (await text()).includes('SUCCESS'))

// A name that is an attack stays text.
await at('#/tokens', 'Tokens')
check('the attack is shown as text', (await text()).includes(attack))
check('the attack made no element', (await page.locator('main img').count()) === 0)

// What is not there says so.
await at('#/block/999999', 'Not found')
await at('#/nonsense', 'Not found')
await page.getByRole('searchbox').fill('no such thing')
await page.keyboard.press('Enter')
await page.getByRole('alert').filter({ hasText: 'no such thing' }).waitFor()

// A phone, in the dark.
const phone = await open(url, { viewport: { width: 360, height: 740 }, colorScheme: 'dark', hasTouch: true, isMobile: true })
for (const [hash, heading] of [['#/', 'The newest'], [`#/tx/${sent}`, 'Transaction'], [`#/account/${bob}`, 'Account bob'], [`#/contract/${token}`, 'Contract'], ['#/tokens', 'Tokens'], ['#/accounts', 'Funded']]) {
  await at(hash, heading, phone)
  await fits(phone, hash)
}
const dark = await phone.evaluate(() => getComputedStyle(document.body).backgroundColor)
const light = await page.evaluate(() => getComputedStyle(document.body).backgroundColor)
check(`dark is not light (${dark}, ${light})`, dark !== light)
await shoot(phone, 'explorer-phone')

await finish()
