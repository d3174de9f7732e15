import { createKernel, resource, type StartContext } from '@keelson/kernel'
import { virtualClock } from '@keelson/kernel/testing'
import { expect, it } from 'vitest'
import { deadlinePassed } from './deadline-line.js'

it('X12 names what is left, and what each of it waits for', async () => {
  const clock = virtualClock()
  let ctx!: StartContext
  const api = resource('api', {
    start: (_, given) => {
      ctx = given
    },
  })
  const db = resource('db', { start: () => 1, stop: () => new Promise<never>(() => {}) })
  const kernel = createKernel([api, db], { clock })
  await kernel.start()
  void ctx.track('job 4711', new Promise<never>(() => {}))
  const end = kernel.shutdown().catch(() => {})
  await clock.advance(3_000)
  const { message, lines, fields } = deadlinePassed(kernel, { ms: 26_000, holders: [], exitCode: 1 })
  expect(message).toBe(
    'the shutdown of app is not over within 26 s, the longest it may take; exit code 1; not stopped: api draining (job 4711 for 3 s), db stopping (in its stop for 3 s)',
  )
  expect(lines?.slice(1)).toEqual([
    '   api                   draining   job 4711 for 3 s',
    '   db                    stopping   in its stop for 3 s',
  ])
  expect(fields.unfinished).toEqual({ api: 'draining', db: 'stopping' })
  await clock.run(end)
})
