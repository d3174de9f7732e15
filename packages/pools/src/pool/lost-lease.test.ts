import { expect, it } from 'vitest'
import { fakePool } from '../test-support/fake-pool.js'

it.each([1, 2])('a borrower whose connection is lost keeps nobody else waiting: share %i', async (share) => {
  const { pool, servers } = fakePool({ share })
  pool.add('a', {})
  const leases = await Promise.all(Array.from({ length: share }, () => pool.acquire('a')))
  servers.connections[0]!.crash()
  await Promise.resolve()
  for (const { signal } of leases) expect(signal.aborted).toBe(true)
  expect(await pool.use('a', ({ label }) => label)).toBe('a 1')
  // It is over: giving it back changes nothing.
  for (const lease of leases) lease.release()
  expect(pool.stats('a')).toMatchObject({ size: 1, idle: 1, busy: 0 })
  await pool.drain()
  await pool.stop(0)
})

it('a borrower who takes longer than useTimeout keeps nobody else waiting', async () => {
  const { pool, clock } = fakePool({ useTimeout: 50 })
  pool.add('a', {})
  const lease = await pool.acquire('a')
  await clock.advance(60)
  expect(lease.signal.reason).toMatchObject({ code: 'TIMEOUT', details: { server: 'a', limit: 50 } })
  expect(await pool.use('a', ({ label }) => label)).toBe('a 1')
  lease.release()
  await pool.drain()
  await pool.stop(0)
})
