import { open, check, fits, shoot, finish } from './launch.mjs'

const [url] = process.argv.slice(2)

for (const [name, options] of [['desktop', {}], ['phone, dark', { viewport: { width: 360, height: 740 }, colorScheme: 'dark' }]]) {
  const page = await open(url + '/earnings.html', options)
  await page.waitForSelector('#main:not([hidden])')
  const glance = await page.textContent('#glance')
  check(`${name}: earned today`, glance.includes('15 TRX, 2 BTT') && glance.includes('6000 payments'))
  check(`${name}: with which torrent`, glance.includes('film'))
  check(`${name}: sent paid and free`, glance.includes('1.5 GiB paid') && glance.includes('60.0 MiB free'))
  check(`${name}: what is safe`, glance.includes('3 TRX'))
  check(`${name}: what is to settle`, glance.includes('9 TRX'))
  check(`${name}: what settling costs`, glance.includes('costs 2.1 TRX for 9 TRX'))
  check(`${name}: when it is settled`, glance.includes('by ') && !glance.includes('Invalid'))
  check(`${name}: a row for each torrent`, (await page.locator('#torrents tbody tr').count()) === 2)
  check(`${name}: a row for the day`, (await page.textContent('#days')).includes('2026-11-28'))
  check(`${name}: probes`, (await page.textContent('#probes')).includes('slow'))
  check(`${name}: a bar for each day`, (await page.locator('#settled svg.chart rect').count()) === 3)
  check(`${name}: settlements`, (await page.textContent('#sent')).includes('failed'))
  check(`${name}: a stranger's name is text`, (await page.locator('#torrents img').count()) === 0 && !(await page.evaluate(() => window.hacked)))
  await fits(page, name)
  await shoot(page, 'earnings-' + name.replaceAll(/\W+/g, '-'))
  await page.click('nav a[href="./"]')
  await page.waitForSelector('#alarms')
  check(`${name}: back at the channels`, (await page.textContent('h2')).includes('Alarms'))
}
await finish()
