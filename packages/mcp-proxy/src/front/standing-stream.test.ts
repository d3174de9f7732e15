import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { RawClient } from '../test-support/raw-client.js'
import { runningProxy } from '../test-support/running-proxy.js'

const SERVER = fileURLToPath(new URL('../test-support/scripted-server.mjs', import.meta.url))

it.each([false, true])('what belongs to no request waits for the stream of its client (resume: %s)', async (resume) => {
  const one = { command: process.execPath, args: [SERVER] }
  const { url } = await runningProxy({ mcpServers: { one }, http: { resume } })
  const client = new RawClient(url)
  await client.initialize()
  await (await client.call('one__grow', { times: 1 })).text()
  const lists = async () => (await (await client.request('tools/list')).text()).includes('one__grown-0')
  await expect.poll(lists).toBe(true)
  // It is told only now.
  const ending = new AbortController()
  onTestFinished(() => ending.abort())
  const stream = await client.send('GET', undefined, {}, ending.signal)
  const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader()
  expect((await reader.read()).value).toContain('notifications/tools/list_changed')
})
