import { resource } from '@keelson/kernel'
import { describe, expect, it, test } from 'vitest'
import { ask, inspected, Page, running } from '../test-support/serve.js'
import { clientOf, hostName, isLoopbackAddress, isLoopbackName } from './loopback.js'

const TOKEN = 'correct-horse-battery'

const shop = async (options: Parameters<typeof inspected>[1]) =>
  inspected(await running([resource('db', { start: () => 1 })]), options)

/** Logs in as a browser does, and returns the cookie. */
async function login(url: string, token = TOKEN, headers: Record<string, string> = {}) {
  const body = new URLSearchParams({ token }).toString()
  const answer = await ask(`${url}/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body,
  })
  return { ...answer, cookie: String(answer.headers['set-cookie'] ?? '') }
}

describe('I3 without a token', () => {
  it('every answer has a strict policy, and none may be kept', async () => {
    const { url } = await shop({})
    for (const path of ['/', '/state', '/page.css', '/nothing', '/actions']) {
      const { headers } = await ask(url + path)
      expect(headers['content-security-policy'], path).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
      )
      expect(headers['cache-control'], path).toBe(path === '/page.css' ? 'no-cache' : 'no-store')
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'same-origin' })
      expect(headers).not.toHaveProperty('access-control-allow-origin')
    }
  })

  it.each(['localhost:9000', '127.0.0.1', 'a.localhost', '[::1]:9000', 'ops.example', 'OPS.example:80'])(
    'may be asked as %s',
    async (host) => {
      const { url } = await shop({ hosts: ['ops.example'] })
      expect((await ask(`${url}/state`, { headers: { host } })).status).toBe(200)
    },
  )

  it.each([
    'evil.example',
    'evil.example:9000',
    '10.0.0.1',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    '127.evil.example',
  ])('is not for a page that made %s point here', async (host) => {
    const { url } = await shop({})
    for (const path of ['/', '/state', '/events', '/page.js'])
      expect(await ask(url + path, { headers: { host } })).toMatchObject({
        status: 403,
        body: `it is not to be asked as ${hostName(host)}, only as localhost; name it in the option hosts\n`,
      })
  })

  it('is not for whoever a proxy has passed on', async () => {
    const { url } = await shop({})
    for (const header of ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'])
      expect(await ask(url, { headers: { [header]: '10.0.0.7' } })).toMatchObject({
        status: 403,
        body: `a proxy has passed this on (${header}), and the inspector is for this machine only; give it the option token\n`,
      })
  })

  it('is not for other machines', async () => {
    const { inspect } = await shop({})
    const response = await inspect.fetch(new Request('http://localhost/inspector/'), {
      incoming: { socket: { remoteAddress: '10.0.0.7' } },
    })
    expect(response.status).toBe(403)
    expect(await response.text()).toContain('for this machine only; with the option token')
    expect((await inspect.fetch(new Request('http://localhost/inspector/'))).status).toBe(403)
  })

  it('other sites can have nothing asked, but may lead to the page', async () => {
    const { url } = await shop({})
    const crossSite = { 'sec-fetch-site': 'cross-site' }
    for (const path of ['/state', '/events', '/page.js'])
      expect((await ask(url + path, { headers: crossSite })).status, path).toBe(403)
    const link = { ...crossSite, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
    expect((await ask(`${url}/`, { headers: link })).status).toBe(200)
    expect((await ask(`${url}/`, { headers: { ...link, 'sec-fetch-dest': 'iframe' } })).status).toBe(403)
    expect((await ask(`${url}/state`, { headers: link })).status).toBe(403)
    expect((await ask(`${url}/state`, { headers: { origin: 'http://evil.example' } })).status).toBe(403)
    const own = new URL(url).origin
    expect((await ask(`${url}/state`, { headers: { origin: own, 'sec-fetch-site': 'same-origin' } })).status).toBe(200)
  })
})

describe('I4 with a token', () => {
  it('a browser logs in once, and the token is in no address', async () => {
    const { url } = await shop({ token: TOKEN })
    const page = await ask(`${url}/`, { headers: { host: 'ops.example' } })
    expect(page).toMatchObject({ status: 401, headers: { 'content-type': 'text/html; charset=utf-8' } })
    expect(page.body).toMatch(/<form method="post" action="login">[\s\S]*type="password"/)
    expect(await ask(url)).toMatchObject({ status: 308, headers: { location: './inspector/' } })
    for (const path of ['/state', '/events', `/state?token=${TOKEN}`]) expect((await ask(url + path)).status).toBe(401)
    expect((await ask(`${url}/page.css`)).status).toBe(200)
    const done = await login(url)
    expect(done).toMatchObject({ status: 303, headers: { location: './' } })
    expect(done.cookie).toMatch(/^keelson_inspector_\d+=[\w-]{22}; Max-Age=43200; HttpOnly; SameSite=Strict$/)
    expect(done.cookie).not.toContain(TOKEN)
    const headers = { cookie: `other=1; ${done.cookie.split(';')[0]}` }
    expect((await ask(`${url}/`, { headers })).body).toContain('id="page"')
    const looking = new Page(url, headers)
    await expect.poll(() => looking.messages.length).toBe(1)
    expect(JSON.stringify(looking.hello)).not.toContain(TOKEN)
  })

  it('says what is wrong with a token, and marks the cookie where it came over TLS', async () => {
    const { url } = await shop({ token: TOKEN })
    const wrong = await login(url, 'wrong')
    expect(wrong).toMatchObject({ status: 401, cookie: '' })
    expect(wrong.body).toContain('<p class="login-problem" role="alert">this is not the token.</p>')
    expect((await login(url, TOKEN, { 'x-forwarded-proto': 'https' })).cookie).toMatch(/; Secure$/)
  })

  it('programs send it as a bearer', async () => {
    const { url } = await shop({ token: TOKEN })
    const state = (authorization: string) => ask(`${url}/state`, { headers: { authorization } })
    expect((await state(`Bearer ${TOKEN}`)).status).toBe(200)
    expect((await state(`bearer  ${TOKEN}`)).status).toBe(200)
    expect(await state('Bearer wrong')).toMatchObject({ status: 401, body: 'this is not the token\n' })
    expect((await state(`Basic ${TOKEN}`)).status).toBe(401)
  })

  it('is for the hosts that are named, where any are', async () => {
    const { url } = await shop({ token: TOKEN, hosts: ['ops.example'] })
    const status = async (host: string) => (await ask(`${url}/`, { headers: { host } })).status
    expect([await status('ops.example'), await status('localhost'), await status('evil.example')]).toEqual([401, 401, 403])
  })

  it('another site cannot log anybody in, unless it is the address of a proxy in front', async () => {
    const { url } = await shop({ token: TOKEN, origins: ['https://ops.example'] })
    expect((await login(url, TOKEN, { origin: 'https://evil.example' })).status).toBe(403)
    expect((await login(url, TOKEN, { origin: 'null' })).status).toBe(403)
    expect((await login(url, TOKEN, { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    expect((await login(url, TOKEN, { origin: 'https://ops.example' })).status).toBe(303)
  })

  it('ends the oldest of more than 64 logins, and knows no other', async () => {
    const { url } = await shop({ token: TOKEN })
    const cookies: string[] = []
    for (let i = 0; i < 65; i++) cookies.push((await login(url)).cookie.split(';')[0]!)
    const status = async (cookie: string) => (await ask(`${url}/state`, { headers: { cookie } })).status
    expect([await status(cookies[0]!), await status(cookies[1]!), await status(cookies[64]!)]).toEqual([401, 200, 200])
    expect(await status(cookies[1]!.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')))).toBe(401)
  })
})

test.each([
  ['127.0.0.1', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['::ffff:10.0.0.1', false],
  ['10.0.0.1', false],
  ['fe80::1%eth0', false],
  ['localhost', false],
])('isLoopbackAddress(%s)', (address, is) => expect(isLoopbackAddress(address)).toBe(is))

test('isLoopbackName() and hostName()', () => {
  expect(['localhost', 'a.localhost', '127.0.0.1', '::1'].every(isLoopbackName)).toBe(true)
  expect(['localhost.evil', 'notlocalhost', ''].some(isLoopbackName)).toBe(false)
  expect(['A.Example.:80', '[::1]:9', '[::1]', 'x'].map(hostName)).toEqual(['a.example', '::1', '::1', 'x'])
})

test.each([
  ['10.0.0.1', '10.0.0.1'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8::6', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  [undefined, 'unknown'],
])('clientOf(%s)', (address, client) => expect(clientOf(address)).toBe(client))
