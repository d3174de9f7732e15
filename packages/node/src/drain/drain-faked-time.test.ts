import { createKernel } from '@keelson/kernel'
import { afterEach, expect, it, vi } from 'vitest'
import { httpServer } from '../server/http-server.js'
import { head, rawClient } from '../test-support/raw-client.js'

afterEach(() => void vi.useRealTimers())

it('N7 drains though a test has faked every timer and clock', async () => {
  const api = httpServer('api', { host: '127.0.0.1', listener: () => (_req, res) => res.end('ok') })
  const kernel = createKernel([api])
  vi.useFakeTimers({
    toFake: [
      'setTimeout',
      'clearTimeout',
      'setInterval',
      'clearInterval',
      'setImmediate',
      'clearImmediate',
      'queueMicrotask',
      'performance',
      'Date',
    ],
  })
  await kernel.start()
  const idle = await rawClient(kernel.get(api).port)
  idle.send(head('GET', '/'))
  await idle.received('ok')
  const busy = await rawClient(kernel.get(api).port)
  const stopped = kernel.shutdown()
  busy.send(head('GET', '/'))
  expect((await stopped).ok).toBe(true)
  expect(await busy.rest()).toMatch(/Connection: close[\s\S]*ok$/)
  expect(await idle.ended).toBe('end')
  expect(vi.getTimerCount()).toBe(0)
})
