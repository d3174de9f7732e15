import { freePort } from '@keelson/test-servers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runInGroup } from '../process/child.js'
import { jsonClient } from './json-client.js'
import { compileApp, VERSIONS } from './nest-app.js'

describe.each(VERSIONS)('NestJS %i', (version) => {
  let app: ReturnType<typeof compileApp>
  beforeAll(() => {
    app = compileApp('messages', version)
  })
  afterAll(() => app.remove())

  describe.each(['a microservice', 'a hybrid app'])('%s', (kind) => {
    async function started() {
      const port = await freePort()
      const env = { PATH: process.env.PATH ?? '', PORT: String(port), ...(kind === 'a hybrid app' && { HYBRID: '1' }) }
      const child = runInGroup(process.execPath, [app.file], { env })
      await child.said(/math is ready/)
      return { port, child }
    }

    it('finishes messages, streams and events in flight before it destroys its providers, and takes no more connections', async () => {
      const { port, child } = await started()
      const [client, silent] = await Promise.all([jsonClient(port), jsonClient(port)])
      const answer = client.send('wait', 600)
      const steps = client.send('steps', 6)
      client.emit('note', 600)
      await Promise.all([child.said(/waits for 600/), child.said(/steps/), child.said(/notes/)])
      child.kill('SIGTERM')
      await child.said(/SIGTERM: draining/)
      await silent.closed
      await expect(jsonClient(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
      expect(await answer).toEqual(['waited for 600'])
      expect(await steps).toEqual([0, 1, 2, 3, 4, 5])
      const { code, output } = await child.ended
      expect(output).toMatch(/noted.*handled 1, and destroyed/s)
      expect(code).toBe(0)
    })

    it('answers all that it handles of clients that go on sending', async () => {
      const { port, child } = await started()
      const clients = await Promise.all(Array.from({ length: 5 }, () => jsonClient(port)))
      let answered = 0
      // Each has two messages in flight, so that there is no instant without one.
      const loads = [...clients, ...clients].map(async (client) => {
        while (!client.ended && (await client.send('wait', 5)) !== undefined) answered++
      })
      await expect.poll(() => answered).toBeGreaterThan(50)
      child.kill('SIGTERM')
      const [{ code, output }] = await Promise.all([child.ended, ...loads])
      expect(code).toBe(0)
      expect(output).toContain(`handled ${answered}, and destroyed`)
    })
  })
})

it('a port that is taken is one error of the start', async () => {
  const app = compileApp('messages', 12)
  afterAll(() => app.remove())
  const port = await freePort()
  const env = { PATH: process.env.PATH ?? '', PORT: String(port) }
  const first = runInGroup(process.execPath, [app.file], { env })
  await first.said(/math is ready/)
  const second = runInGroup('/bin/sh', ['-c', `exec "${process.execPath}" "${app.file}" 2>&1`], { env })
  const { code, output } = await second.ended
  expect(code).toBe(1)
  expect(output).toMatch(/math.*EADDRINUSE/)
  first.kill('SIGTERM')
  expect((await first.ended).code).toBe(0)
})
