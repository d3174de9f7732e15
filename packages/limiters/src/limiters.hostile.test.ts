// Attacked: rate limiters: clients with many addresses, spellings and keys.
import { createKernel } from '@keelson/kernel'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { expressLimiter } from './express-limiter.js'
import { rateLimiter } from './rate-limiter.js'

// What a stranger can do who chooses the key: the address that a request comes from, a header, the name of a tenant.
const LIMIT = 5
const MOST = 1_000
const limited = rateLimiter('limited', { limit: LIMIT, window: 3_600_000, maxKeys: MOST })
const kernel = createKernel([limited])
const limiter = () => kernel.get(limited)

beforeAll(() => kernel.start())
afterAll(() => kernel.shutdown())

/** How many of these requests pass the middleware. */
async function passed(addresses: readonly string[]): Promise<number> {
  let passed = 0
  const middleware = expressLimiter(limiter())
  for (const ip of addresses) await middleware({ ip, socket: {} }, { setHeader() {}, end() {}, statusCode: 200 }, () => passed++)
  return passed
}

test('[L1] one IPv6 client with 1,000 addresses of its /64 gets the points of one', async () => {
  const addresses = Array.from({ length: 1_000 }, (_, n) => `2001:db8:1:2:${n.toString(16)}::1`)
  expect(await passed(addresses)).toBe(LIMIT)
  expect(await passed(['2001:db8:1:3::1'])).toBe(1)
})

test('one IPv4 client in four spellings gets the points of one', async () => {
  const spellings = ['::ffff:10.0.0.1', '10.0.0.1', '::FFFF:10.0.0.1', '0:0:0:0:0:ffff:a00:1']
  expect(await passed(spellings.flatMap((ip) => new Array<string>(LIMIT).fill(ip)))).toBe(LIMIT)
})

test('[L2] 20,000 new keys do not give a key its points back that has used them up', async () => {
  for (let n = 0; n < LIMIT; n++) await limiter().consume('mallory')
  for (let n = 0; n < 20_000; n++) await limiter().consume(`2001:db8::${n.toString(16)}`)
  expect(await limiter().consume('mallory')).toMatchObject({ allowed: false })
})

describe('a strange key', () => {
  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', '', '\0', 'a'.repeat(1e6), '🛶', '\ud800'])(
    'is one like any other: %.20j',
    async (key) => {
      const answers: boolean[] = []
      for (let n = 0; n <= LIMIT; n++) answers.push((await limiter().consume(key)).allowed)
      expect(answers).toEqual([...new Array<boolean>(LIMIT).fill(true), false])
    },
  )

  it.each([undefined, null, {}, [], Symbol('x'), ['a', 'b'], { toString: () => 'z' }])(
    'that is no string is refused, so that no strangers share one: %o',
    async (key) => {
      await expect(limiter().consume(key as never)).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    },
  )
})
