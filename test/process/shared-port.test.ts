import { platform } from 'node:os'
import { expect, it } from 'vitest'
import { runFixture } from './child.js'
import { everyNode } from './every-node.js'

const versions = everyNode.filter(({ name }) => Number(/\d+/.exec(name)?.[0]) >= 22)

it.skipIf(platform() !== 'linux').each(versions)('N6 reusePort lets two processes serve one port, on $name', async ({ node }) => {
  const first = runFixture('shared-port', { PORT: 0 }, node)
  const [, url, port] = await first.said(/"api":"(http:[^"]*:(\d+))"/)
  const second = runFixture('shared-port', { PORT: port! }, node)
  await second.said(/"to":"running"/)
  const answered = async () => (await fetch(url!, { headers: { connection: 'close' } })).text()
  const pids = new Set<string>()
  while (pids.size < 2) pids.add(await answered())
  expect(pids).toEqual(new Set([String(first.process.pid), String(second.process.pid)]))
  first.kill('SIGTERM')
  expect((await first.ended).code).toBe(0)
  for (let i = 0; i < 10; i++) expect(await answered()).toBe(String(second.process.pid))
})
