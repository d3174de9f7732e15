import { type PostgresServer, postgresServer } from '@keelson/test-servers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Contest } from './contest.js'
import { figure } from './figure.js'

/** In ms. */
const LEASE = 3_000
const BUSY = 10_000

let server: PostgresServer
beforeAll(async () => {
  server = await postgresServer()
})
afterAll(() => server.kill())

async function contest(): Promise<Contest> {
  const made = new Contest('pg', server.url, LEASE)
  await Promise.all([made.join(), made.join(), made.join()])
  return made
}

test('J4 three processes: one leads, the others are up and ready; a shutdown hands over, a kill costs a lease', async () => {
  const three = await contest()
  const first = await three.next()
  first.contender.signal('SIGTERM')
  const over = await three.end(first)
  const second = await three.next(first)
  figure('postgres: takeover after a shutdown', second.at - over)
  expect(second.at - over).toBeLessThan(LEASE)
  expect(first.contender.output).toContain('exit code 0')

  await three.join()
  second.contender.signal('SIGKILL')
  const third = await three.next(second)
  figure('postgres: takeover after a kill -9', third.at - three.lastWork(second))
  expect(third.at - three.lastWork(second)).toBeLessThan(2 * LEASE + BUSY)
  expect([three.longestDouble, three.tokensGrow]).toEqual([0, true])
  expect(three.lapses(third.contender)).toEqual([])
  expect(second.contender.output).toMatch(/"level":30,.*"msg":"jobs stands by: shop-\d:\d+ leads"/)
  for (const { contender } of [second, third]) expect(contender.output).not.toMatch(/"level":[456]0/)
})

test('J5 a leader whose way to the server is cut leads no longer within its lease, and nobody else before that', async () => {
  const three = await contest()
  const first = await three.next()
  first.contender.proxy.wedge()
  const over = await three.end(first)
  expect(three.longestDouble).toBe(0)
  await first.contender.proxy.forward()
  const second = await three.next(first)
  expect(second.at).toBeGreaterThan(over)
  expect([three.longestDouble, three.tokensGrow]).toEqual([0, true])
  expect(three.lapses(first.contender)).toEqual([])
})

test('J6 a server that says nothing any more, and one that is killed: nobody leads but one, and one does when it is back', async () => {
  const three = await contest()
  const first = await three.next()
  server.pause()
  const over = await three.end(first)
  server.resume()
  const second = await three.next(first)
  expect(second.at).toBeGreaterThan(over)
  await server.kill()
  await three.end(second)
  await server.start()
  await three.next(second)
  expect([three.longestDouble, three.tokensGrow]).toEqual([0, true])
})

test('J5 a leader that is stopped and goes on is not alone to know that its lease is over', async () => {
  const three = await contest()
  const first = await three.next()
  first.contender.signal('SIGSTOP')
  await new Promise((resolve) => setTimeout(resolve, 2 * LEASE))
  first.contender.signal('SIGCONT')
  await three.end(first)
  await three.next(first)
  figure('postgres: two at work after a SIGSTOP', three.longestDouble)
  expect(three.longestDouble).toBeLessThan(LEASE)
  expect(three.tokensGrow).toBe(true)
})
