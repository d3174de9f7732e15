import { expect, it, vi } from 'vitest'
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

it('that ended goes without another one where the system refuses to start it, and throws nothing', async () => {
  const { PATH } = process.env
  const uncaught: unknown[] = []
  const listen = (error: unknown) => void uncaught.push(error)
  process.on('uncaughtException', listen)
  const later = performance.now() + 60_000
  guard.retain()
  try {
    // It ran for long enough to be started again.
    vi.spyOn(performance, 'now').mockReturnValue(later)
    process.env.PATH = 'x'.repeat(3_000_000)
    process.kill(guard.pid!, 'SIGKILL')
    await expect.poll(() => guard.pid, { timeout: 10_000 }).toBeUndefined()
  } finally {
    process.env.PATH = PATH
    vi.restoreAllMocks()
    process.off('uncaughtException', listen)
    await guard.release()
  }
  expect(uncaught).toEqual([])
})
