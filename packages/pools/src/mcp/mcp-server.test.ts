import { createKernel, ref, resource } from '@keelson/kernel'
import { describe, expect, it } from 'vitest'
import { childProcess } from '../process/child-process.js'
import { fixture, runs } from '../test-support/fixture.js'
import { failureOf, started } from '../test-support/kernels.js'
import { mcpServer } from './mcp-server.js'

const restart = { attempts: 5, within: 60_000, delay: 1 }

describe('mcpServer', () => {
  it('joins a running kernel, is restarted when it dies, and loses only the calls that it had', async () => {
    const kernel = await started([])
    const files = mcpServer('files', { server: fixture('mcp-server'), restart })
    await kernel.add(files)
    const follower = resource('follower', { dependsOn: { files: ref(files) }, start: ({ files }) => files })
    await kernel.add(follower)
    const client = kernel.get(follower)
    const pidOf = () =>
      client.use(async (files) =>
        Number(((await files.callTool({ name: 'pid' })) as { content: { text: string }[] }).content[0]?.text),
      )
    const pid = await pidOf()
    const hanging = failureOf(client.use((files) => files.callTool({ name: 'hang' })))
    const restarted = new Promise((resolve) => kernel.once('restart:done', resolve))
    process.kill(pid, 'SIGKILL')
    expect((await hanging).message).toMatch(/Connection closed/)
    await restarted
    expect(await pidOf()).not.toBe(pid)
    const events: string[] = []
    kernel.on('resource:error', ({ error }) => void events.push(error.message))
    await kernel.remove(files, { dependents: true })
    expect(events).toEqual([])
    expect((await kernel.shutdown()).ok).toBe(true)
  })

  it('fails its start with the reason when there is no such server', async () => {
    const error = await failureOf(createKernel([mcpServer('files', { server: { command: 'no-such-command-here' } })]).start())
    expect(error.message).toMatch(/resource "files" failed to start: command "no-such-command-here" not found/)
  })
})

describe('childProcess', () => {
  it('is ready when its hook says so, crashes when it ends, and is stopped with its group', async () => {
    const worker = childProcess('worker', {
      ...fixture('line-server', '--grandchild'),
      restart,
      ready: async (child) => {
        child.stdin.write('{"id":1,"method":"grandchild"}\n')
        const answer = await new Promise((resolve) => child.stdout.once('data', resolve))
        expect(`${answer}`).toMatch(/"result":\d+/)
      },
      grace: 100,
    })
    const kernel = await started([worker])
    const { pid } = kernel.get(worker)
    const restarted = new Promise((resolve) => kernel.once('restart:done', resolve))
    process.kill(pid, 'SIGKILL')
    await restarted
    const again = kernel.get(worker).pid
    expect(again).not.toBe(pid)
    expect((await kernel.shutdown()).ok).toBe(true)
    expect(runs(again)).toBe(false)
  })

  it('fails its start with its last words when it ends before it is ready', async () => {
    const worker = childProcess('worker', { ...fixture('line-server', '--exit=2'), ready: () => new Promise(() => {}) })
    const error = await failureOf(createKernel([worker]).start())
    expect(error.message).toMatch(/it exited with code 2; it said: no configuration found/)
  })
})
