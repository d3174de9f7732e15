import { createKernel, resource } from '@keelson/kernel'
import { expect, it } from 'vitest'
import { threads } from '../src/threads.js'

it('does work in threads while the event loop goes on, and finishes what it has at the end', async () => {
  const kernel = await createKernel([threads]).start()
  const { digest } = kernel.get(threads)
  expect(await digest('a')).toMatch(/^[0-9a-f]{64}$/)
  expect(kernel.inspect(threads).counts).toMatchObject({ done: 1 })
  const last = Promise.all(Array.from({ length: 8 }, (_, n) => digest(String(n))))
  expect(kernel.inspect(threads).work).toMatchObject({
    count: 8,
    oldest: expect.arrayContaining([{ label: 'digest', sinceMs: expect.any(Number) }]),
  })
  expect(await kernel.shutdown('over')).toMatchObject({ ok: true })
  expect(new Set(await last)).toHaveProperty('size', 8)
  await expect(digest('late')).rejects.toMatchObject({ code: 'ABORTED' })
})

it('has threads for what depends on it until that has stopped', async () => {
  const digests: unknown[] = []
  const user = resource('user', {
    dependsOn: { threads },
    start: ({ threads }) => threads,
    stop: async (threads) => void digests.push(await threads.digest('last words')),
  })
  const kernel = await createKernel([user]).start()
  await kernel.shutdown('over')
  expect(digests).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)])
})
