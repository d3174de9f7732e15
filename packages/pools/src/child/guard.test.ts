import { expect, it } from 'vitest'
import { guard } from './guard.js'

it('goes without a guard where the system refuses to start one, and ends as ever', async () => {
  const { PATH } = process.env
  // More than the system passes on: spawn() throws E2BIG.
  process.env.PATH = 'x'.repeat(3_000_000)
  try {
    guard.retain()
    expect(guard.pid).toBeUndefined()
  } finally {
    process.env.PATH = PATH
  }
  await guard.release()
  guard.retain()
  expect(guard.pid).toBeGreaterThan(0)
  await guard.release()
  expect(guard.pid).toBeUndefined()
})
