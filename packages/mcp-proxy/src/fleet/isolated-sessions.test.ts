import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { recordingServer } from '../test-support/recording-server.js'
import { runningProxy } from '../test-support/running-proxy.js'
import { sdkClient } from '../test-support/sdk-client.js'

const SERVER = fileURLToPath(new URL('../test-support/scripted-server.mjs', import.meta.url))
const scripted = (more: object = {}) => ({ command: process.execPath, args: [SERVER], isolated: true, ...more })

const isGone = (pid: number) => {
  try {
    return !process.kill(pid, 0)
  } catch {
    return true
  }
}

async function proxyOf(mcpServers: object) {
  const proxy = await runningProxy({ mcpServers })
  const states = () =>
    proxy.kernel
      .inspect()
      .resources.filter(({ name }) => name.includes('@'))
      .map(({ name, state }) => `${name} ${state}`)
  return { ...proxy, states }
}

it('each client has a process of its own, from its first list or call to its end, with the names that all have', async () => {
  const { url, kernel, states } = await proxyOf({ one: scripted(), shared: scripted({ isolated: false }) })
  const [a, b, idle] = await Promise.all(['a', 'b', 'c'].map((name) => sdkClient(url, name)))
  expect(states()).toEqual([])
  const lists = await Promise.all([a!.tools(), b!.tools()])
  expect(lists[0]).toEqual(lists[1])
  expect(lists[0]).toEqual(expect.arrayContaining(['one__echo', 'shared__echo']))
  expect(states()).toEqual(['one@1 running', 'one@1:tools running', 'one@2 running', 'one@2:tools running'])
  const pids = await Promise.all([a, b, a].map((each) => each!.text('one__pid')))
  expect(pids[0]).toBe(pids[2])
  expect(pids[0]).not.toBe(pids[1])
  expect(new Set(await Promise.all([a, b].map((each) => each!.text('shared__pid')))).size).toBe(1)
  // Without a list before it.
  expect(await idle!.text('one__echo', { message: 'first' })).toBe('first')
  expect(kernel.inspect(kernel.find('one')!).counts).toEqual({ sessions: 3, begun: 3, refused: 0 })
  await a!.transport.terminateSession()
  await expect.poll(states).not.toContain('one@1 running')
  await expect.poll(() => isGone(Number(pids[0]))).toBe(true)
  expect(await b!.text('one__pid')).toBe(pids[1])
  await kernel.shutdown()
  expect(isGone(Number(pids[1]))).toBe(true)
})

it('what a server asks and says goes to its client alone, however many calls are in flight', async () => {
  const { url } = await proxyOf({ one: scripted() })
  const [a, b] = await Promise.all(['a', 'b'].map((name) => sdkClient(url, name)))
  await Promise.all([a!.tools(), b!.tools()])
  const held = [a, b].map((each) => each!.text('one__sleep', { ms: 500 }))
  await Promise.all([a, b].map((each) => each!.text('one__ask', { progress: 0 })))
  expect([a!.asked.length, b!.asked.length]).toEqual([1, 1])
  await a!.text('one__grow', { times: 1 })
  const toldOfTools = (client: typeof a) => client!.told.filter(({ method }) => method === 'notifications/tools/list_changed')
  await expect.poll(() => toldOfTools(a).length).toBe(1)
  expect(toldOfTools(b)).toEqual([])
  expect(await a!.tools()).toContain('one__grown-0')
  expect(await b!.tools()).not.toContain('one__grown-0')
  await Promise.all(held)
})

it('a client does not see the sessions of others in the state of the proxy', async () => {
  const { url } = await proxyOf({ one: scripted() })
  const [a, b] = await Promise.all(['a', 'b'].map((name) => sdkClient(url, name)))
  await a!.tools()
  await b!.tools()
  const { contents } = await b!.client.readResource({ uri: 'keelson://inspect' })
  const { resources } = JSON.parse((contents[0] as { text: string }).text) as { resources: { name: string }[] }
  const names = resources.map(({ name }) => name)
  expect(names.filter((name) => name.includes('@'))).toEqual(['one@2', 'one@2:tools'])
  expect(names).toContain('one:limit')
})

it('more clients than there is room for are refused, and told when there is room; lists leave out what they cannot have', async () => {
  const { url } = await proxyOf({ one: scripted({ maxSessions: 1 }) })
  const [a, b] = await Promise.all(['a', 'b'].map((name) => sdkClient(url, name)))
  expect(await a!.tools()).toContain('one__echo')
  expect(await b!.tools()).toEqual([])
  await expect(b!.text('one__echo', { message: 'x' })).rejects.toMatchObject({
    message: expect.stringContaining(
      'server "one" has sessions with 1 clients, its maxSessions; try again when one of them has gone',
    ),
    data: { server: 'one', reason: 'limited' },
  })
  await a!.transport.terminateSession()
  await expect.poll(() => b!.told.map(({ method }) => method)).toContain('notifications/tools/list_changed')
  expect(await b!.tools()).toContain('one__echo')
})

it('a session that is idle is ended, and begun again when it is used; not one with a call', async () => {
  const { url, states } = await proxyOf({ one: scripted({ idle: 300 }) })
  const { text, tools } = await sdkClient(url)
  await text('one__sleep', { ms: 1_000 })
  expect(states()).toContain('one@1 running')
  await expect.poll(states).toEqual([])
  expect(await tools()).toContain('one__echo')
  expect(await text('one__echo', { message: 'again' })).toBe('again')
})

it('a session that dies is brought back for its client, others do not notice', async () => {
  const { url } = await proxyOf({ one: scripted() })
  const [a, b] = await Promise.all(['a', 'b'].map((name) => sdkClient(url, name)))
  const pids = await Promise.all([a, b].map((each) => each!.text('one__pid')))
  process.kill(Number(pids[0]), 'SIGKILL')
  const alive = () => a!.text('one__pid').catch(({ message }) => message as string)
  await expect.poll(alive, { timeout: 20_000 }).toMatch(/^\d+$/)
  expect(await alive()).not.toBe(pids[0])
  expect(await b!.text('one__pid')).toBe(pids[1])
})

it('a server that cannot be started is missing for its client, with the reason', async () => {
  const { url } = await proxyOf({ one: { command: 'no-such-command-here', isolated: true } })
  const { text, tools } = await sdkClient(url)
  expect(await tools()).toEqual([])
  await expect(text('one__echo')).rejects.toThrow(/server "one" does not run \(.*command "no-such-command-here" not found/)
})

it('a shutdown waits for calls in sessions of clients as for all others', async () => {
  const { url, kernel } = await proxyOf({ one: scripted() })
  const { text } = await sdkClient(url)
  const pid = Number(await text('one__pid'))
  const call = text('one__sleep', { ms: 700 })
  // It is on its way still.
  const { errors, outcomes } = await kernel.shutdown()
  expect(await call).toBe('done')
  expect(errors).toEqual([])
  const order = outcomes.map(({ resource }) => resource)
  expect(order.indexOf('proxy:http')).toBeLessThan(order.indexOf('one@1:tools'))
  expect(order.indexOf('one@1:tools')).toBeLessThan(order.indexOf('one@1'))
  expect(isGone(pid)).toBe(true)
})

it('over HTTP each client has a session of its own with the server', async () => {
  const upstream = await recordingServer()
  const { url } = await proxyOf({ one: { url: upstream.url, isolated: true } })
  const [a, b] = await Promise.all(['a', 'b'].map((name) => sdkClient(url, name)))
  await Promise.all([a, b].map((each) => each!.text('one__echo')))
  expect(upstream.seen.filter(({ body }) => body.includes('"initialize"'))).toHaveLength(2)
})

it('the file is followed: a server becomes isolated, or is it no longer, changes and goes', async () => {
  const { url, write, states } = await proxyOf({ one: scripted({ isolated: false }) })
  const { text, tools, told } = await sdkClient(url)
  const first = await text('one__pid')
  write({ mcpServers: { one: scripted() } })
  const pid = () => text('one__pid').catch(() => 'away')
  await expect.poll(async () => [await pid(), states().length], { timeout: 20_000 }).toEqual([expect.stringMatching(/^\d+$/), 2])
  expect(await pid()).not.toBe(first)
  const second = Number(await pid())
  write({ mcpServers: { one: scripted({ deny: ['echo'] }) } })
  await expect.poll(() => isGone(second), { timeout: 20_000 }).toBe(true)
  await expect.poll(tools, { timeout: 20_000 }).toContain('one__pid')
  expect(await tools()).not.toContain('one__echo')
  const before = told.length
  write({ mcpServers: {} })
  await expect.poll(tools, { timeout: 20_000 }).toEqual([])
  await expect.poll(states, { timeout: 20_000 }).toEqual([])
  expect(told.length).toBeGreaterThan(before)
})

it.each([
  [{ isolated: 'yes' }, /server "one": isolated must be true or false, without quotes/],
  [{ isolated: false, maxSessions: 1 }, /server "one": maxSessions is for servers with "isolated": true/],
  [{ isolated: false, idle: 1 }, /server "one": idle is for servers with "isolated": true/],
  [{ maxSessions: 0 }, /server "one": maxSessions must be a whole number, 1 or more/],
  [{ idle: 0 }, /server "one": idle must be a number of milliseconds, 1 or more/],
  [{ url: 'x' }, /has a command and a url/],
])('%j is refused', async (more, why) => {
  await expect(runningProxy({ mcpServers: { one: scripted(more) } })).rejects.toThrow(why)
})
