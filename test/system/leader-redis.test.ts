import { type RedisServer, redisServer } from '@keelson/test-servers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Contest } from '../leader/contest.js'
import { figure } from '../leader/figure.js'

/** In ms. */
const LEASE = 3_000
/** What a busy machine may need besides. */
const BUSY = 10_000

let server: RedisServer
beforeAll(async () => {
  server = await redisServer()
})
afterAll(() => server[Symbol.asyncDispose]())

describe.each(['redis', 'ioredis'])('J4 a leader with a lock in Redis, through %s', (kind) => {
  async function contest(): Promise<Contest> {
    const made = new Contest(kind, server.url, LEASE)
    await Promise.all([made.join(), made.join(), made.join()])
    return made
  }

  it('hands over in a shutdown, and is followed within a lease when it is killed', async () => {
    const three = await contest()
    const first = await three.next()
    first.contender.signal('SIGTERM')
    const over = await three.end(first)
    const second = await three.next(first)
    figure(`${kind}: takeover after a shutdown`, second.at - over)
    expect(second.at - over).toBeLessThan(LEASE + BUSY)
    await three.join()
    second.contender.signal('SIGKILL')
    const third = await three.next(second)
    figure(`${kind}: takeover after a kill -9`, third.at - three.lastWork(second))
    expect(third.at - three.lastWork(second)).toBeLessThan(LEASE + BUSY)
    expect([three.longestDouble, three.tokensGrow]).toEqual([0, true])
    for (const { contender } of [second, third]) {
      expect(three.lapses(contender)).toEqual([])
      expect(contender.output).not.toMatch(/"level":[456]0/)
    }
  })

  it('leads no longer within its lease when its way to Redis is cut, and another one does', async () => {
    const three = await contest()
    const first = await three.next()
    first.contender.proxy.wedge()
    const second = await three.next(first)
    expect(await three.end(first)).toBeLessThan(second.at)
    await first.contender.proxy.forward()
    expect([three.longestDouble, three.tokensGrow]).toEqual([0, true])
    expect(three.lapses(first.contender)).toEqual([])
  })

  it('stays alone when Redis says nothing any more, and when it is killed and has its data', async () => {
    const three = await contest()
    const first = await three.next()
    server.pause()
    await three.end(first)
    server.resume()
    await three.next(first)
    await server.kill()
    await server.start()
    await three.works()
    expect([three.longestDouble, three.tokensGrow]).toEqual([0, true])
  })

  it('that is stopped and goes on is at work beside another for less than its lease, with a smaller token', async () => {
    const three = await contest()
    const first = await three.next()
    first.contender.signal('SIGSTOP')
    const second = await three.next(first)
    await new Promise((resolve) => setTimeout(resolve, 500))
    first.contender.signal('SIGCONT')
    await three.end(first)
    figure(`${kind}: two at work after a SIGSTOP`, three.longestDouble)
    expect(three.longestDouble).toBeLessThan(LEASE)
    expect(second.token > first.token).toBe(true)
  })
})
