import { open, check, fits, shoot, finish } from './launch.mjs'

const [url, token] = process.argv.slice(2)

for (const [name, options] of [['desktop', {}], ['phone, dark', { viewport: { width: 360, height: 740 }, colorScheme: 'dark' }]]) {
  const page = await open(url, options)
  await page.waitForSelector('#main:not([hidden])')
  check(`${name}: an alarm is shown`, (await page.textContent('#alarms')).includes('half of the challenge'))
  const balances = await page.locator('#balances b').allTextContents()
  check(`${name}: a balance of every asset`, balances.join() === '123.456,1000,77.5')
  check(`${name}: a channel's state`, (await page.textContent('#channels')).includes('closing'))
  check(`${name}: what a hub has funded stands for itself`, (await page.textContent('#funded')).includes('Funded for seeders') && !(await page.textContent('#totals')).includes('trc10:1000001'))
  check(`${name}: the plan says why`, (await page.textContent('#plan')).includes('the payer has started to close'))
  check(`${name}: the reserve is short`, (await page.textContent('#reserve')).includes('not enough'))
  check(`${name}: a bar for each day`, (await page.locator('svg.chart rect').count()) === 3)
  check(`${name}: markup from outside is text`, (await page.textContent('#sent')).includes('<img src=x onerror=') && (await page.locator('#sent img').count()) === 0)
  check(`${name}: no script of a stranger ran`, !(await page.evaluate(() => window.hacked)))
  await fits(page, name)
  await shoot(page, name.replaceAll(/\W+/g, '-'))
}

// From elsewhere: a form, a wrong token, the right one.
const far = await open(url + '?far', { extraHTTPHeaders: { 'X-Forwarded-For': '203.0.113.7' } })
await far.waitForSelector('#login:not([hidden])')
check('no figures without the token', await far.locator('#main').isHidden())
await far.fill('input[name=token]', token)
await far.click('#login button')
await far.waitForSelector('#main:not([hidden])')
check('figures with the token', (await far.textContent('#balances')).includes('123.456'))
await finish()
