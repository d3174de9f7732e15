import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createKernel, resource } from '@keelson/kernel'
import { expect, it, onTestFinished } from 'vitest'
import { reports } from '../src/reports.js'

it('has sent what failed in the shutdown when that is over', async () => {
  const received: string[] = []
  const sentry = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    received.push(body)
    response.end('{}')
  }).listen(0, '127.0.0.1')
  await once(sentry, 'listening')
  onTestFinished(() => {
    sentry.closeAllConnections()
    sentry.close()
  })
  process.env.SENTRY_DSN = `http://key@127.0.0.1:${(sentry.address() as AddressInfo).port}/1`
  const api = resource('api', { start: () => true, stop: () => Promise.reject(new Error('a file could not be closed')) })
  const kernel = await createKernel([api], { base: [reports] }).start()
  await expect(kernel.shutdown('over')).rejects.toThrow('a file could not be closed')
  expect(received.join()).toContain('a file could not be closed')
})
