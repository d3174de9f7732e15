import { createKernel, resource } from '@keelson/kernel'
import { virtualClock } from '@keelson/kernel/testing'
import { expect, it, vi } from 'vitest'
import { drainServer } from '../drain/drain-server.js'
import { drainNote } from '../drain/drain-stats.js'
import { httpServer } from '../server/http-server.js'
import { head, rawClient } from '../test-support/raw-client.js'
import { keepEntries } from '../test-support/said.js'
import { Narration } from './narrate.js'

it('tells of a server what it drained and what it had to cut', async () => {
  const { lines, say } = keepEntries()
  const answers: (() => void)[] = []
  const api = httpServer('api', {
    host: '127.0.0.1',
    timeouts: { drain: 300 },
    listener: () => (req, res) => void (req.url === '/long' ? answers.push(() => {}) : answers.push(() => res.end('ok'))),
  })
  const kernel = await createKernel([api]).start()
  const narration = new Narration(kernel, say)
  narration.begin()
  const { port, server } = kernel.get(api)
  const clients = await Promise.all([rawClient(port), rawClient(port)])
  clients[0]?.send(head('GET', '/long'))
  clients[1]?.send(head('GET', '/short'))
  const drainer = drainServer(server)
  while (drainer.stats().requests < 2) await new Promise((resolve) => setImmediate(resolve))
  const stopped = kernel.shutdown().catch(() => {})
  while (drainer.stats().state !== 'draining') await new Promise((resolve) => setImmediate(resolve))
  for (const answer of answers) answer()
  await stopped
  narration.end()
  expect(lines).toContainEqual(expect.stringMatching(/^info: {4}api {7}drained 1 request, 1 cut, stopped +\d+ ms$/))
})

it('tells of every resource what its drain said of itself', async () => {
  const { lines, say } = keepEntries()
  const worker = resource('worker', { start: () => 1, drain: async () => ({ note: 'finished 3 jobs' }) })
  const kernel = await createKernel([worker, resource('db', { start: () => 1 })]).start()
  const narration = new Narration(kernel, say)
  narration.begin()
  await kernel.shutdown()
  narration.end()
  expect(lines).toContainEqual(expect.stringMatching(/^info: {4}worker {4}finished 3 jobs, stopped +\d+ ms$/))
  expect(lines).toContainEqual(expect.stringMatching(/^info: {4}db {8}stopped +\d+ ms$/))
})

it('asks for no more than 100 of them, however many there are', async () => {
  const { lines, say } = keepEntries()
  const clock = virtualClock()
  const drain = () => new Promise((resolve) => clock.setTimeout(() => resolve({ note: 'done' }), 200))
  const workers = Array.from({ length: 120 }, (_, i) => resource(`w${i}`, { start: () => 1, drain }))
  const kernel = createKernel(workers, { clock })
  await clock.run(kernel.start())
  const narration = new Narration(kernel, say)
  narration.begin()
  const inspect = vi.spyOn(kernel, 'inspect')
  await clock.run(kernel.shutdown())
  narration.end()
  expect(inspect).toHaveBeenCalledTimes(1 + 100) // once for the work in flight
  expect(lines.filter((line) => line.includes('done, stopped'))).toHaveLength(100)
})

it.each([
  [{ drained: 0, cut: 0 }, undefined],
  [{ drained: 1, cut: 0 }, 'drained 1 request'],
  [{ drained: 2, cut: 0 }, 'drained 2 requests'],
  [{ drained: 0, cut: 3 }, 'drained 0 requests, 3 cut'],
])('%j is told as %j', (stats, note) => {
  expect(drainNote(stats)).toBe(note)
})
