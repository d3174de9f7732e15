import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { virtualClock } from '@keelson/kernel/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { scene } from '../test-support/scene.js'
import type { MonitorEvent } from '../watch/monitor-events.js'
import { Webhook } from './webhook.js'

let server: Server
let url: string
let got: { status: number; body: { reason: string; dropped?: number }; token: unknown }[]
let answers: number[]
let hold: Promise<void> | undefined

beforeEach(async () => {
  got = []
  answers = []
  hold = undefined
  server = createServer(async (req, res) => {
    let text = ''
    for await (const chunk of req) text += chunk
    const status = answers.shift() ?? 204
    got.push({ status, body: JSON.parse(text), token: req.headers.authorization })
    await hold
    res.writeHead(status).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?token=s3cret`
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

const event = (reason: string): MonitorEvent => ({ type: 'engine-lost', at: 0, reason })

async function until(what: () => boolean, move: () => Promise<unknown> = async () => {}) {
  for (const end = Date.now() + 15_000; !what(); ) {
    if (Date.now() > end) throw new Error(`it did not come to that: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
    await move()
  }
}

test('an alert is tried again, later and later, until it is taken', async () => {
  const clock = virtualClock()
  const problems: string[] = []
  answers = [503, 429, 500]
  const webhook = new Webhook('workers', { url, headers: { authorization: 'Bearer x' } }, clock, (reason) =>
    problems.push(reason),
  )
  const since = clock.now()
  webhook.tell(event('gone'))
  webhook.tell({ type: 'found', at: 0, container: 'x', id: 'x', image: 'x' })
  await until(
    () => got.length === 4,
    () => clock.advance(100),
  )
  expect(clock.now() - since).toBeGreaterThanOrEqual(7_000)
  await webhook.close()
  expect(got.map(({ status }) => status)).toEqual([503, 429, 500, 204])
  expect(got[3]).toMatchObject({ body: { reason: 'gone' }, token: 'Bearer x' })
  expect(problems).toEqual([])
})

test('one that is refused is not tried again, and its URL is not told', async () => {
  const clock = virtualClock()
  const problems: string[] = []
  answers = [404]
  const webhook = new Webhook('workers', { url }, clock, (reason) => problems.push(reason))
  webhook.tell(event('a'))
  await until(() => problems.length === 1)
  await webhook.close()
  expect(got).toHaveLength(1)
  expect(problems[0]).toMatch(/^an alert was not delivered to 127\.0\.0\.1:\d+: it answered 404; it said: the engine is away: a$/)
})

test('the queue is bounded: the oldest go, and the next alert says how many', async () => {
  const clock = virtualClock()
  let release = () => {}
  hold = new Promise((resolve) => {
    release = resolve
  })
  const webhook = new Webhook('workers', { url, queue: 3 }, clock, () => {})
  for (let i = 0; i < 10; i++) webhook.tell(event(`${i}`))
  await until(() => got.length === 1)
  release()
  await until(() => got.length === 4)
  await webhook.close()
  expect(got.map(({ body }) => body.reason)).toEqual(['0', '7', '8', '9'])
  expect(got.map(({ body }) => body.dropped)).toEqual([undefined, 7, undefined, undefined])
})

test('a stop does not wait for a hook that does not answer', async () => {
  const clock = virtualClock()
  const problems: string[] = []
  hold = new Promise(() => {})
  const webhook = new Webhook('workers', { url }, clock, (reason) => problems.push(reason))
  webhook.tell(event('a'))
  await until(() => got.length === 1)
  await clock.run(webhook.close())
  expect(problems).toEqual(['1 alerts were not delivered before the stop'])
  expect(clock.pending).toBe(0)
})

test('an alert that failed is no reason for another', async () => {
  answers = Array.from({ length: 100 }, () => 404)
  await using s = await scene({ alerts: { url, events: ['problem', 'found'] } })
  s.engine.run('one')
  await s.until(() => s.events.some(({ type }) => type === 'problem'))
  await s.pass(60_000)
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(got).toHaveLength(1)
})

test('an answer without an end does not keep its connection', async () => {
  const clock = virtualClock()
  const open = createServer((_req, res) => void res.writeHead(200).write('...'))
  await new Promise<void>((resolve) => open.listen(0, '127.0.0.1', resolve))
  const webhook = new Webhook('workers', { url: `http://127.0.0.1:${(open.address() as AddressInfo).port}/` }, clock, () => {})
  for (let i = 0; i < 3; i++) webhook.tell(event(`${i}`))
  await webhook.close()
  const connections = () => new Promise<number>((resolve) => open.getConnections((_error, count) => resolve(count)))
  for (const end = Date.now() + 3_000; (await connections()) > 0 && Date.now() < end; ) {
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  expect(await connections()).toBe(0)
  open.closeAllConnections()
  open.close()
})

test('[K7] a redirect is not followed, and neither the URL nor a header is in what is told of it', async () => {
  const clock = virtualClock()
  const problems: string[] = []
  let followed = 0
  const other = createServer((_req, res) => {
    followed++
    res.end()
  })
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const target = `http://127.0.0.1:${(other.address() as AddressInfo).port}/internal`
  const open = createServer((_req, res) => void res.writeHead(307, { location: target }).end())
  await new Promise<void>((resolve) => open.listen(0, '127.0.0.1', resolve))
  const { port } = open.address() as AddressInfo
  const urls = [`http://127.0.0.1:${port}/hook?token=s3cret`, 'http://127.0.0.1:1/s3cret?token=s3cret']
  for (const url of urls) {
    const headers = { authorization: 'Bearer s3cret' }
    const webhook = new Webhook('workers', { url, headers, attempts: 1 }, clock, (reason) => problems.push(reason))
    webhook.tell(event('a'))
    await until(() => problems.length > urls.indexOf(url))
    await webhook.close()
  }
  expect(followed).toBe(0)
  expect(problems[0]).toBe(`an alert was not delivered to 127.0.0.1:${port}: it answered 307; it said: the engine is away: a`)
  expect(problems.join()).not.toContain('s3cret')
  open.close()
  other.close()
})

test('what failed is told, and what is up again, with where it comes from and for how long', async () => {
  await using s = await scene({ alerts: { url, host: 'node-1' }, sessionOf: () => 'tenant-1', restartDelay: 1_000 })
  s.engine.run('one')
  await s.until(() => s.status('one') === 'healthy')
  const [one] = [...s.engine.containers.values()]
  one!.restarted = () => s.engine.set(one!, { Status: 'running', Running: true })
  s.engine.exit(one!, 137)
  await s.until(() => got.length === 2)
  const source = { monitor: 'workers', host: 'node-1', container: 'one', session: 'tenant-1' }
  expect(got.map(({ body }) => body)).toMatchObject([
    { ...source, type: 'down', severity: 'error', resolves: false, exitCode: 137, at: expect.stringMatching(/^20\d\d-.*Z$/) },
    { ...source, type: 'recovery', severity: 'info', resolves: true, downMs: expect.any(Number) },
  ])
  await s.until(() => s.monitor.alerts()?.delivered === 2)
  expect(s.monitor.alerts()).toEqual({ delivered: 2, failed: 0, dropped: 0, waiting: 0 })
})

test('a format of its own: what it throws is a problem, what it leaves out is not posted', async () => {
  const problems: string[] = []
  const format = ({ reason }: { reason?: string }) => {
    if (reason === 'bad') throw new Error('no template for token s3cret')
    return reason === 'quiet' ? undefined : { text: reason }
  }
  const webhook = new Webhook('workers', { url, format }, virtualClock(), (reason) => problems.push(reason))
  for (const reason of ['bad', 'quiet', 'good']) webhook.tell(event(reason))
  await until(() => got.length === 1)
  await webhook.close()
  expect(got[0]).toMatchObject({ body: { text: 'good' } })
  expect(problems).toEqual([
    expect.stringMatching(
      /^an alert was not delivered to 127.*: its format failed: no template for token .*; it said: the engine is away: bad$/,
    ),
  ])
  expect(problems.join()).not.toContain('s3cret')
  expect(webhook.counts).toMatchObject({ failed: 1, dropped: 0, waiting: 0 })
})
