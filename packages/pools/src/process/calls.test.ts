import { expect, it } from 'vitest'
import { fixture, marked } from '../test-support/fixture.js'
import { started } from '../test-support/kernels.js'
import { LineClient } from '../test-support/line-client.js'
import { processPool } from './process-pool.js'

it('1,000 calls over 8 servers with a crash every 50 calls: each is answered or fails, none hangs, no process is left', async () => {
  const mark = `calls-${process.pid}-${Date.now()}`
  const servers = Object.fromEntries(
    Array.from({ length: 8 }, (_, n) => [`s${n}`, { ...fixture('line-server'), env: { KEELSON_MARK: mark } }]),
  )
  const resource = processPool('servers', {
    servers,
    open: (child) => new LineClient(child),
    max: 2,
    acquireTimeout: 60_000,
    startTimeout: 60_000,
  })
  const kernel = await started([resource])
  const pool = kernel.get(resource)
  const outcomes = await Promise.allSettled(
    Array.from({ length: 1_000 }, (_, n) =>
      pool.use(`s${n % 8}`, (client) => client.ask(n % 50 === 49 ? 'crash' : 'echo', n) as Promise<number>),
    ),
  )
  const answered = outcomes.filter((outcome, n) => outcome.status === 'fulfilled' && outcome.value === n)
  const failed = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
  expect(answered.length + failed.length).toBe(1_000)
  // Only the calls that crashed their child: no other call used that child.
  expect(failed).toHaveLength(20)
  for (const error of failed) expect(error).toMatchObject({ code: 'CRASHED' })
  const { created, destroyed, size } = pool.stats()
  expect({ size, lost: destroyed }).toEqual({ size: created - destroyed, lost: 20 })
  expect(marked(`KEELSON_MARK=${mark}`)).toHaveLength(size)
  expect((await kernel.shutdown()).ok).toBe(true)
  expect(marked(`KEELSON_MARK=${mark}`)).toEqual([])
}, 120_000)
