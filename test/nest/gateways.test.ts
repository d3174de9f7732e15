import { once } from 'node:events'
import { freePort } from '@keelson/test-servers'
import { io } from 'socket.io-client'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { runInGroup } from '../process/child.js'
import { compileApp, VERSIONS } from './nest-app.js'

describe.each(VERSIONS)('gateways of NestJS %i', (version) => {
  let app: ReturnType<typeof compileApp>
  beforeAll(() => {
    app = compileApp('gateways', version)
  })
  afterAll(() => app.remove())

  describe.each(['the port of the app', 'a port of its own'])('on %s', (where) => {
    async function started(adapter: 'ws' | 'socket.io') {
      const own = where === 'a port of its own' ? await freePort() : undefined
      const env = { PATH: process.env.PATH ?? '', ADAPTER: adapter, ...(own && { GATEWAY_PORT: String(own) }) }
      const child = runInGroup(process.execPath, [app.file], { env })
      const [, port] = await child.said(/listens at (\d+)\./)
      return { child, port: own ?? Number(port) }
    }

    it('ws: a message in flight is answered, then its client is told to come back, then the providers are destroyed', async () => {
      const { child, port } = await started('ws')
      const [client, silent] = [new WebSocket(`ws://127.0.0.1:${port}`), new WebSocket(`ws://127.0.0.1:${port}`)]
      await Promise.all([once(client, 'open'), once(silent, 'open')])
      client.send(JSON.stringify({ event: 'wait', data: 700 }))
      await child.said(/waits for 700/)
      const answered = once(client, 'message')
      const closed = once(client, 'close')
      child.kill('SIGTERM')
      expect((await once(silent, 'close'))[0]).toBe(1012)
      expect(JSON.parse(String((await answered)[0]))).toEqual({ event: 'waited', data: 700 })
      expect((await closed)[0]).toBe(1012)
      const { code, output } = await child.ended
      expect(output.match(/^destroyed$/gm)).toHaveLength(1)
      expect(code).toBe(0)
    })

    it.each(['websocket', 'polling'])('Socket.IO over %s: the same, and what reconnects is kept out', async (transport) => {
      const { child, port } = await started('socket.io')
      const client = io(`http://127.0.0.1:${port}`, { transports: [transport], reconnection: false })
      onTestFinished(() => void client.close())
      await new Promise<void>((resolve) => client.once('connect', resolve))
      const answered = new Promise((resolve) => client.once('waited', resolve))
      const gone = new Promise((resolve) => client.once('disconnect', resolve))
      client.emit('wait', 700)
      await child.said(/waits for 700/)
      child.kill('SIGTERM')
      expect(await answered).toBe(700)
      expect(await gone).toMatch(/transport (close|error)/)
      const { code, output } = await child.ended
      expect(output.match(/^destroyed$/gm)).toHaveLength(1)
      expect(code).toBe(0)
    })
  })
})

it('answers all that it handles of clients that never have nothing in flight, and lets them go in time', async () => {
  const app = compileApp('gateways', 12)
  onTestFinished(() => app.remove())
  const child = runInGroup(process.execPath, [app.file], { env: { PATH: process.env.PATH ?? '', ADAPTER: 'ws' } })
  const [, port] = await child.said(/listens at (\d+)\./)
  const client = new WebSocket(`ws://127.0.0.1:${port}`)
  await once(client, 'open')
  let answered = 0
  client.on('message', () => {
    answered++
    client.send(JSON.stringify({ event: 'wait', data: 5 }))
  })
  const closed = once(client, 'close')
  for (let i = 0; i < 3; i++) client.send(JSON.stringify({ event: 'wait', data: 5 }))
  await expect.poll(() => answered).toBeGreaterThan(50)
  child.kill('SIGTERM')
  const [{ code, output }, [reason]] = await Promise.all([child.ended, closed])
  expect(reason).toBe(1012)
  expect(code).toBe(0)
  expect(output.match(/^waits for 5$/gm)).toHaveLength(answered)
})
