import type { RateLimiter } from '@keelson/limiters'
import { expect, it } from 'vitest'
import { CallEnd } from './call-end.js'
import { CallLimit } from './call-limit.js'

/** Allows one call whenever it is let. */
function gate(retryAfter: number) {
  let free = 0
  const limiter = {
    consume: async () => (free > 0 ? { allowed: free-- > 0, retryAfter: 0 } : { allowed: false, retryAfter }),
  } as unknown as RateLimiter
  return { limiter, allow: () => void free++ }
}

const never = new CallEnd()

it('what may not wait is refused at once, with when to try again', async () => {
  const { limiter } = gate(700)
  const limit = new CallLimit('one', { limit: 1, window: 1_000, wait: 0 }, limiter)
  await expect(limit.take(never)).rejects.toMatchObject({ data: { reason: 'limited', retryAfter: 700 } })
})

it('what may wait is let through in the order of its arrival', async () => {
  const { limiter, allow } = gate(5)
  const limit = new CallLimit('one', { limit: 1, window: 1_000, wait: 20_000 }, limiter)
  const done: number[] = []
  const calls = [1, 2, 3].map((n) => limit.take(never).then(() => void done.push(n)))
  for (let n = 1; n <= 3; n++) {
    allow()
    await expect.poll(() => done).toEqual([1, 2, 3].slice(0, n))
  }
  await Promise.all(calls)
})

it('what would wait too long is refused, also behind others, and holds nobody up', async () => {
  const { limiter, allow } = gate(15)
  const limit = new CallLimit('one', { limit: 1, window: 1_000, wait: 40 }, limiter)
  const refused = await Promise.allSettled([limit.take(never), limit.take(never)])
  expect(refused).toMatchObject([{ reason: { data: { reason: 'limited' } } }, { reason: { data: { reason: 'limited' } } }])
  allow()
  await limit.take(never)
})

it('what is cancelled while it waits leaves its place', async () => {
  const { limiter, allow } = gate(10)
  const limit = new CallLimit('one', { limit: 1, window: 1_000, wait: 20_000 }, limiter)
  const cancelling = new CallEnd()
  const first = limit.take(cancelling)
  const second = limit.take(never)
  cancelling.end('enough')
  await expect(first).rejects.toThrow()
  allow()
  await second
})
