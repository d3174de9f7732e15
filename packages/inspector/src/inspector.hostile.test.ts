// Attacked: the inspector: rebound names, proxies that say little, other sites, 10,000 logins, huge bodies, 1,000 streams, markup in names.
import { once } from 'node:events'
import { connect } from 'node:net'
import { createKernel, resource, type StartContext } from '@keelson/kernel'
import { printable } from '@keelson/kernel/redact'
import { expect, test, vi } from 'vitest'
import type { Hello } from './protocol.js'
import { ask, inspected, Page, running } from './test-support/serve.js'

const TOKEN = 'correct-horse-battery'
const PATHS = ['', '/', '/events', '/state', '/actions', '/login', '/page.js', '/page.css']

/** What names this machine, and does not. */
const NAMES = [
  'evil.example',
  'evil.example:9000',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
  'evil.example#localhost',
  'localhost@evil.example',
  'evil.example/localhost',
  'evil.example, localhost',
  '0.0.0.0',
  '0',
  '10.0.0.7',
  '2130706433',
  '0x7f.1',
  '[::]',
  '[::ffff:10.0.0.7]',
  '[::1].evil.example',
  'localhosT.evil',
  'xlocalhost',
  '..localhost.evil',
  '%6cocalhost',
]

const SITES = [
  { origin: 'http://evil.example' },
  { origin: 'null' },
  { origin: 'http://localhost.evil.example' },
  { origin: 'file://' },
  { origin: 'http://127.0.0.1:1' },
  { origin: '' },
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site' },
  { 'sec-fetch-site': 'nonsense' },
]

test('[I1] I3 names of others that point here, and other sites, get nothing', async ({ task }) => {
  const kernel = await running([resource('db-secret', { start: () => 1 })])
  const { url } = await inspected(kernel, { actions: true })
  let attacks = 0
  const body = JSON.stringify({ action: 'shutdown', confirm: 'shop' })
  const { csrf }: Hello = JSON.parse((await ask(`${url}/state`)).body)
  for (const path of PATHS) {
    for (const method of ['GET', 'POST', 'HEAD', 'OPTIONS', 'PUT']) {
      for (const headers of [...NAMES.map((host) => ({ host })), ...SITES]) {
        attacks++
        const post = method === 'POST' ? { body } : {}
        const more = { 'content-type': 'application/json', 'x-keelson-csrf': csrf! }
        const answer = await ask(url + path, { method, headers: { ...more, ...headers } as Record<string, string>, ...post })
        expect(answer.status, `${method} ${path} ${JSON.stringify(headers)}`).toBe(403)
        expect(answer.body).not.toMatch(/db-secret|"csrf"/)
        expect(answer.headers).not.toHaveProperty('access-control-allow-origin')
      }
    }
  }
  expect(kernel.state).toBe('running')
  Object.assign(task.meta, { attacks })
})

/** What proxies, meshes and networks in front say by default, of which none says where somebody asks from. */
const PASSED_ON = [
  { 'x-forwarded-proto': 'http', 'x-request-id': '7b1c', 'x-envoy-attempt-count': '1' }, // a sidecar of Istio
  { 'x-forwarded-client-cert': 'By=spiffe://cluster.local/ns/shop' },
  { 'x-envoy-expected-rq-timeout-ms': '15000' },
  { 'x-request-id': '7b1c' },
  { 'x-forwarded-port': '443' },
  { 'x-forwarded-server': 'edge' },
  { 'x-original-forwarded-for': '10.0.0.7' },
  { 'x-client-ip': '10.0.0.7' },
  { 'x-cluster-client-ip': '10.0.0.7' },
  { 'true-client-ip': '10.0.0.7' },
  { 'cf-ray': '7b1c' },
  { 'fastly-client-ip': '10.0.0.7' },
  { 'x-b3-traceid': '463ac35c9f6413ad' },
  { 'x-amzn-trace-id': 'Root=1' },
  { 'l5d-client-id': 'shop' },
]

test('[I1] I3 whoever comes through a proxy gets nothing, whatever that says of itself', async ({ task }) => {
  const kernel = await running([resource('db-secret', { start: () => 1 })])
  const { url } = await inspected(kernel)
  Object.assign(task.meta, { attacks: PATHS.length * (PASSED_ON.length + 1) })
  const { port } = new URL(url)
  for (const path of PATHS) {
    for (const headers of PASSED_ON) {
      const answer = await ask(url + path, { headers: { ...headers, host: 'localhost' } as Record<string, string> })
      expect(answer, `${path} ${JSON.stringify(headers)}`).toMatchObject({
        status: 403,
        body: expect.stringContaining('a proxy has passed this on'),
      })
    }
    // As nginx asks, which adds nothing and says the name of what is behind it.
    const socket = connect(Number(port), '127.0.0.1')
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.write(`GET /inspector${path} HTTP/1.0\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`)
    await once(socket, 'close')
    expect(text, path).toMatch(/^HTTP\/1\.1 403 [\s\S]*passed this on \(HTTP\/1\.0\)/)
  }
})

test('[I2] I4 of ten thousand guesses almost none is looked at, and the token is not told by the answers', async ({ task }) => {
  const { inspect, url } = await inspected(await running([]), { token: TOKEN })
  Object.assign(task.meta, { attacks: 10_000 })
  const statuses = new Map<number, number>()
  for (let i = 0; i < 10_000; i++) {
    // From three hundred addresses, by both ways.
    const env = { incoming: { socket: { remoteAddress: `10.0.${i % 3}.${i % 100}` } } }
    const guess = `${TOKEN.slice(0, i % TOKEN.length)}${i}`
    const request =
      i % 2
        ? new Request('http://ops.example/inspector/login', { method: 'POST', body: new URLSearchParams({ token: guess }) })
        : new Request('http://ops.example/inspector/state', { headers: { authorization: `Bearer ${guess}` } })
    const { status, headers } = await inspect.fetch(request, env)
    expect(headers.get('set-cookie')).toBeNull()
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
  }
  expect([...statuses.keys()].sort()).toEqual([401, 429])
  expect(statuses.get(401)).toBeLessThan(1_000)
  expect((await ask(`${url}/state`, { headers: { authorization: `Bearer ${TOKEN}` } })).status).toBe(429)
})

test('[I3] I3 bodies that are huge, slow or broken are not kept', async ({ task }) => {
  const kernel = await running([])
  const { url, server } = await inspected(kernel, { actions: true })
  const { csrf }: Hello = JSON.parse((await ask(`${url}/state`)).body)
  const { port, host } = new URL(url)
  const head = (more: string) =>
    `POST /inspector/actions HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nX-Keelson-Csrf: ${csrf}\r\n${more}\r\n\r\n`
  const floods = [
    `${head('Content-Length: 100000000')}${'x'.repeat(1_000_000)}`,
    `${head('Transfer-Encoding: chunked')}${`fffff\r\n${'x'.repeat(0xfffff)}\r\n`.repeat(8)}`,
    `${head('Content-Length: 20000')}{"action":`,
    head('Content-Length: 100'),
    `${head('Content-Length: 60000')}${JSON.stringify({ action: 'check', resource: 'x'.repeat(59_000) })}`,
  ]
  Object.assign(task.meta, { attacks: floods.length * 20 })
  const before = process.memoryUsage().rss
  await Promise.all(
    Array.from({ length: floods.length * 20 }, async (_, i) => {
      const socket = connect(Number(port), '127.0.0.1').on('error', () => {})
      let text = ''
      socket.on('data', (chunk) => {
        text += chunk
        if (text.includes('\r\n\r\n')) socket.destroy()
      })
      socket.write(floods[i % floods.length]!)
      await once(socket, 'close')
      expect(text === '' || /^HTTP\/1\.1 413 /.test(text), text.slice(0, 60)).toBe(true)
    }),
  )
  expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1_024 * 1_024)
  await expect.poll(() => new Promise((resolve) => server.getConnections((_, count) => resolve(count)))).toBe(0)
  expect((await ask(`${url}/state`)).status).toBe(200)
})

test('[I3] I8 of a thousand streams sixteen are open, and those who look already lose nothing', async ({ task }) => {
  Object.assign(task.meta, { attacks: 1_000 })
  let ctx!: StartContext
  const db = resource('db', { start: (_, given) => { ctx = given } }) // biome-ignore format: one thought
  const { url } = await inspected(await running([db]))
  const own = new Page(url)
  await expect.poll(() => own.messages.length).toBe(1)
  const pages: Page[] = []
  for (let i = 0; i < 1_000; i += 50) {
    pages.push(...Array.from({ length: 50 }, () => new Page(url)))
    await expect.poll(() => pages.every(({ status, ended }) => status > 0 || ended)).toBe(true)
  }
  expect(pages.filter(({ status }) => status === 200)).toHaveLength(15)
  expect(pages.filter(({ status }) => status === 503)).toHaveLength(985)
  ctx.unhealthy(new Error('seen'))
  await expect.poll(() => own.texts.join()).toContain('seen')
})

test('[I3] I3 a body that does not end is not waited for where it comes as a stream of the web platform', async ({ task }) => {
  const { inspect } = await inspected(await running([]), { token: TOKEN })
  const cancelled = vi.fn()
  const endless = [
    () => new Promise<void>(() => {}),
    (controller: ReadableStreamDefaultController) => controller.enqueue(new Uint8Array(1_000)),
    async (controller: ReadableStreamDefaultController) => {
      await new Promise((resolve) => setTimeout(resolve, 1_000))
      if (cancelled.mock.calls.length < endless.length) controller.enqueue(new Uint8Array(1))
    },
  ]
  Object.assign(task.meta, { attacks: endless.length })
  const answers = endless.map((pull) => {
    const init = { method: 'POST', duplex: 'half', body: new ReadableStream({ pull, cancel: cancelled }) } as RequestInit
    const env = { incoming: { socket: { remoteAddress: '127.0.0.1' } } }
    return inspect.fetch(new Request('http://localhost/inspector/login', init), env)
  })
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([401, 401, 401])
  expect(cancelled).toHaveBeenCalledTimes(endless.length)
}, 20_000)

test('[I4] I1 values whose name says that they are secret are not shown, wherever they are', async ({ task }) => {
  const names = ['password', 'apiKey', 'API key', 'db_pass', 'Access token', 'x-secret', 'authorization', 'Cookie']
  Object.assign(task.meta, { attacks: names.length * 3 })
  const facts = names.map((label) => ({ label, value: 'hunter2' }))
  const row = { id: '1', name: 'a', tone: 'ok' as const, status: 'up', facts }
  const labels = { ...Object.fromEntries(names.map((name) => [name, 'hunter2'])), region: 'eu' }
  const { url } = await inspected(
    await running([
      resource('db', {
        labels,
        start: (_, ctx) => ctx.panel({ title: 'P', read: () => ({ at: 0, facts, groups: [{ rows: [row] }] }) }),
      }),
    ]),
  )
  const { body } = await ask(`${url}/state`)
  expect(body).not.toContain('hunter2')
  expect(body.match(/\*\*\*/g)).toHaveLength(names.length * 3)
  expect(body).toContain('"region":"eu"')
})

/** What would be more than a text, on a page or in a stream. */
const TEXTS = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  '</script><script>',
  'data: {"type":"hello"}\n\nevent: x',
  '\u2028\u2029\u0000\u001b[2J',
  '\u202eevil',
  '__proto__',
  'constructor',
  'x'.repeat(50_000),
  'postgres://root:hunter2@db/shop',
  'password=hunter2',
  '\ud800',
]

test('[I4] I1 markup, line breaks and secrets in names, labels and errors stay texts of one line, without secrets', async ({
  task,
}) => {
  Object.assign(task.meta, { attacks: TEXTS.length * 6 })
  const resources = TEXTS.map((text, i) =>
    resource(`${i} ${text}`, {
      impact: 'degraded',
      labels: { [text]: text },
      start(_, ctx) {
        ctx.counters(() => ({ [text]: 1 }))
        ctx.panel({
          title: text,
          read: () => ({ at: 0, groups: [{ title: text, rows: [{ id: text, name: text, tone: text as 'ok', status: text }] }] }),
        })
        void ctx.track(text, new Promise((resolve) => ctx.stopping.addEventListener('abort', resolve)))
        ctx.unhealthy(new Error(text))
      },
    }),
  )
  const kernel = createKernel(resources, { name: TEXTS.join(' ') })
  const { url } = await inspected(kernel)
  const page = new Page(url)
  await kernel.start()
  await expect.poll(() => page.resource('0 <script>alert(1)</script>')?.health).toBe('unhealthy')
  await expect.poll(() => page.latest('panels').filter(({ view }) => view !== undefined)).toHaveLength(TEXTS.length)
  const all = [...page.messages, JSON.parse((await ask(`${url}/state`)).body)]
  const strings: string[] = []
  JSON.stringify(all, (key, value) => {
    strings.push(key)
    if (typeof value === 'string') strings.push(value)
    return value
  })
  expect(strings.filter((text) => printable(text) !== text || text.includes('hunter2') || text.length > 2_000)).toEqual([])
  expect(page.latest('panels')[0]?.view?.groups[0]?.rows[0]?.tone).toBe('idle')
  const { headers } = await ask(`${url}/state`)
  expect(headers['content-type']).toBe('application/json; charset=utf-8')
  await kernel.shutdown()
})
