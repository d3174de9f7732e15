import { createKernel, resource } from '@keelson/kernel'
import { initTRPC } from '@trpc/server'
import { expect, it } from 'vitest'
import { trpcServer } from '../src/trpc.js'

const t = initTRPC.create()
const settled = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

it('a router answers from what it depends on, and what is in flight is answered before that stops', async () => {
  const events: string[] = []
  const db = resource('db', { start: () => new Map([['rope', 4]]), stop: () => void events.push('db stopped') })
  const api = trpcServer('api', {
    dependsOn: { db },
    port: 0,
    app: ({ db }) =>
      t.router({
        price: t.procedure.query(async () => {
          events.push('asked')
          await settled(100)
          events.push('answered')
          return db.get('rope')
        }),
      }),
  })
  const kernel = createKernel([api])
  await kernel.start()
  const asked = fetch(`${kernel.get(api).url}/price`)
  await expect.poll(() => events).toEqual(['asked'])
  const [answer, report] = await Promise.all([asked, kernel.shutdown()])
  expect(await answer.json()).toEqual({ result: { data: 4 } })
  expect(report.ok).toBe(true)
  expect(events).toEqual(['asked', 'answered', 'db stopped'])
})

it('what is no router is told in one sentence', async () => {
  const api = trpcServer('api', { port: 0, app: () => ({}) as never })
  await expect(createKernel([api]).start()).rejects.toThrow('t.router({ … })')
})
