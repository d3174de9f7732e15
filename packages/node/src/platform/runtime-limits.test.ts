import { createKernel, resource } from '@keelson/kernel'
import { expect, it } from 'vitest'
import type { DrainableServer } from '../drain/drainer.js'
import { serverRuns } from '../drain/running-servers.js'
import { httpServer } from '../server/http-server.js'
import { keepEntries } from '../test-support/said.js'
import { tellLimits } from './runtime-limits.js'

it('N7 says at every start which servers are closed and not drained, and nothing of those that Node drains', async () => {
  const { lines, say } = keepEntries()
  // A server of another runtime is no server of node:net.
  const foreign: DrainableServer = Object.create(null)
  const drainer = {} as never
  const strange = resource('strange', {
    start: (_deps, ctx) => ctx.defer(serverRuns({ kernel: ctx.kernel, resource: ctx.name, url: '', server: foreign, drainer })),
  })
  const api = httpServer('api', { host: '127.0.0.1', listener: () => () => {} })
  const kernel = createKernel([strange, api])
  const quit = tellLimits(kernel, say)
  await kernel.start()
  expect(lines).toEqual([
    expect.stringMatching(/^warn: strange: .* they are closed, not drained: requests in flight are answered/),
  ])
  await kernel.shutdown()
  await kernel.start()
  expect(lines).toHaveLength(2)
  quit()
  await kernel.shutdown()
  await kernel.start()
  expect(lines).toHaveLength(2)
  await kernel.shutdown()
})
