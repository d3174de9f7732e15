// Takes the pictures of the inspector that the documentation shows, of a kernel that runs: `node test/screenshots/take.mjs`. Needs Chromium and
// built packages; looks as on most screens where the font Inter is installed (Debian: fonts-inter).
import { once } from 'node:events'
import { mkdirSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspector } from '@keelson/inspector'
import { chromium } from 'playwright-core'
import { shop } from './shop.mjs'

const folder = fileURLToPath(new URL('../../docs/images/', import.meta.url))
const LARGEST = 250_000
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
]

mkdirSync(folder, { recursive: true })
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS })

/** A shop that is started, its inspector, and the address of that. */
async function running(options) {
  const kernel = shop(options)
  const { serveToEnd, close } = inspector(kernel, { path: '/', actions: true, grace: { platform: 'Kubernetes', ms: 30_000 } })
  const server = createServer((request, response) => serveToEnd(request, response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  await kernel.start()
  const end = async () => {
    await close()
    server.close()
    server.closeAllConnections()
  }
  return { kernel, url: `http://127.0.0.1:${server.address().port}/`, end }
}

async function take(name, url, { settle, ...options } = {}) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    deviceScaleFactor: 1.5,
    reducedMotion: 'reduce',
    ...options,
  })
  const page = await context.newPage()
  await page.goto(url)
  await page.locator('header').waitFor()
  await settle?.(page)
  await page.waitForTimeout(800)
  const path = join(folder, `inspector-${name}.png`)
  await page.screenshot({ path })
  await context.close()
  if (statSync(path).size > LARGEST) throw new Error(`${path} has more than ${LARGEST} bytes`)
}

const phone = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2 }
const { kernel, url, end } = await running()
await new Promise((resolve) => setTimeout(resolve, 9_000))
await take('graph', `${url}#graph/catalog`)
await take('timeline', `${url}#timeline`)
await take('panels', `${url}#panels`, { colorScheme: 'dark' })
await take('phone', `${url}#panels`, phone)
const over = kernel.shutdown('a new version is rolled out')
await take('shutdown', `${url}#timeline`, {
  colorScheme: 'dark',
  settle: (page) => page.locator('.lane .bar.stop').first().waitFor({ state: 'attached' }),
})
await over
await end()
await browser.close()
