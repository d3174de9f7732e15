import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js'
import { expect, it } from 'vitest'
import { freePort, ProxyProcess, real, refusal, textOf } from './proxy.js'

const echo = (client: Client, server: string) => textOf(client, `${server}__echo`, { message: server })
const toolsOf = async (client: Client) => {
  const servers = (await client.listTools()).tools.map(({ name }) => name.slice(0, name.indexOf('__')))
  return [...new Set(servers)]
}

/** Resolves when the client has been told that there are other tools. */
const changed = (client: Client) =>
  new Promise<void>((resolve) => client.setNotificationHandler(ToolListChangedNotificationSchema, () => resolve()))

it('kill -9 of one server: only its calls fail, with a clear error, and it is back by itself', async () => {
  const proxy = new ProxyProcess({ one: real('everything') }, '--stdio')
  const client = await proxy.stdio()
  const [victim] = proxy.servers
  proxy.write({ one: real('everything'), two: real('everything') })
  await changed(client)
  /** A call, and the promise that its server works on it. */
  const operation = (server: string, duration: number) => {
    let call: Promise<unknown> = Promise.resolve()
    const begun = new Promise<void>((resolve) => {
      const request = { name: `${server}__trigger-long-running-operation`, arguments: { duration, steps: duration * 10 } }
      call = client.callTool(request, undefined, { onprogress: () => resolve() })
    })
    return { call, begun }
  }
  const doomed = Array.from({ length: 5 }, () => operation('one', 3_600))
  const others = Array.from({ length: 5 }, () => operation('two', 2))
  const errors = Promise.all(doomed.map(({ call }) => refusal(call)))
  await Promise.all([...doomed, ...others].map(({ begun }) => begun))
  process.kill(victim!, 'SIGKILL')
  for (const error of await errors) {
    expect(error.message).toMatch(/server "one" was lost during this call \(.*it was killed by SIGKILL/)
    expect(error.data).toEqual({ server: 'one', reason: 'lost' })
  }
  expect(await toolsOf(client)).toEqual(['one', 'two']) // its tools stay on the list
  for (const { call } of others) expect(await call).toMatchObject({ content: [{ text: expect.stringContaining('completed') }] })
  await expect.poll(() => echo(client, 'one').catch(() => 'away'), { timeout: 20_000 }).toBe('Echo: one')
  expect(proxy.servers).toHaveLength(2)
  expect(proxy.servers).not.toContain(victim)
})

it('a server that cannot be started is missing, and says why when it is called; the others work', async () => {
  const proxy = new ProxyProcess(
    {
      absent: { command: 'no-such-command-here', env: { TOKEN: 'hunter2' } },
      broken: { command: process.execPath, args: ['-e', 'process.exit(3)'] },
      good: real('everything'),
    },
    '--stdio',
  )
  const client = await proxy.stdio()
  expect(await toolsOf(client)).toEqual(['good'])
  expect(await echo(client, 'good')).toBe('Echo: good')
  // On a busy machine its first try may not be over yet.
  const why = (server: string) => expect.poll(async () => (await refusal(echo(client, server))).message, { timeout: 20_000 })
  await why('absent').toMatch(/server "absent" does not run \(.*command "no-such-command-here" not found/)
  await why('broken').toMatch(/server "broken" does not run \(.*exited with code 3/)
  await proxy.said(/absent: try \d+ failed: .*command "no-such-command-here" not found.*; again in \d+/)
  const { contents } = await client.readResource({ uri: 'keelson://inspect' })
  const { text } = contents[0] as { text: string }
  expect(JSON.parse(text).probe.status).toBe('degraded')
  expect(text + proxy.stderr).not.toContain('hunter2')
})

it.each(['sse', 'streamableHttp'])(
  'takes in a server over %s that comes later, and again after it was gone',
  async (kind) => {
    const port = await freePort()
    const url = `http://127.0.0.1:${port}/${kind === 'sse' ? 'sse' : 'mcp'}`
    const remote = { type: kind === 'sse' ? 'sse' : 'http', url }
    const proxy = new ProxyProcess({ remote }, '--stdio')
    const client = await proxy.stdio()
    expect(await toolsOf(client)).toEqual([])
    // The server is itself a child of a second proxy's kernel only in so far as it is started in the same way.
    const host = new ProxyProcess({ host: { ...real('everything', kind), env: { PORT: String(port) } } }, '--stdio')
    // The longer it is away, the longer the proxy waits before it tries again.
    await expect.poll(() => echo(client, 'remote').catch(() => 'away'), { timeout: 60_000 }).toBe('Echo: remote')
    expect(await toolsOf(client)).toEqual(['remote'])
    const [server] = host.servers
    process.kill(server!, 'SIGKILL')
    await expect
      .poll(() => refusal(echo(client, 'remote')).then(({ message }) => message), { timeout: 30_000 })
      .toMatch(/server "remote"/)
    await expect.poll(() => echo(client, 'remote').catch(() => 'away'), { timeout: 60_000 }).toBe('Echo: remote')
  },
  180_000,
)

it('follows its file: servers come, change and go, each with word to the client; a file that is broken changes nothing', async () => {
  const proxy = new ProxyProcess({ one: real('everything'), two: real('everything') }, '--stdio')
  const client = await proxy.stdio()
  const before = proxy.servers
  proxy.write({ one: real('everything'), three: { ...real('everything'), limit: { limit: 1, window: 600_000 } } })
  await expect.poll(() => toolsOf(client), { timeout: 20_000 }).toEqual(['one', 'three'])
  expect(await echo(client, 'three')).toBe('Echo: three')
  expect((await refusal(echo(client, 'three'))).message).toContain('takes 1 calls in 600000 ms')
  expect((await refusal(echo(client, 'two'))).message).toContain('no tool "two__echo"')
  await expect.poll(() => proxy.servers.filter((pid) => before.includes(pid)), { timeout: 20_000 }).toHaveLength(1)
  await proxy.said(/the servers change: three is new, two is gone/)

  proxy.write({ one: {}, three: real('everything') })
  await proxy.said(/is not followed: .*server "one" cannot be used: .*neither a command nor a url/)
  expect((await refusal(echo(client, 'three'))).message).toContain('takes 1 calls')

  proxy.write({ one: real('everything'), three: real('everything') })
  await proxy.said(/the servers change: three is changed/)
  await expect.poll(() => echo(client, 'three').catch(() => 'away'), { timeout: 20_000 }).toBe('Echo: three')
  expect(await echo(client, 'one')).toBe('Echo: one')
  expect(proxy.servers.filter((pid) => before.includes(pid))).toHaveLength(1) // one was never touched
})
