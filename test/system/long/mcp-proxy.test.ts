// What takes long by its nature: delays that grow, patience that runs out, and a load that needs the machine for itself.
import { expect, it } from 'vitest'
import { ProxyProcess, real, refusal, scripted, textOf, times } from '../../mcp-proxy/proxy.js'

type Client = Awaited<ReturnType<ProxyProcess['stdio']>>

const echo = (client: Client, server: string) => textOf(client, `${server}__echo`, { message: server })

it('a server that ends at once whenever it is started is started ever less often, and each time it is said why', async () => {
  const proxy = new ProxyProcess({ bad: scripted({ EXIT: 3 }), good: scripted() }, '--stdio')
  await proxy.stdio()
  await expect.poll(() => times(proxy, 'bad', 'started').length, { timeout: 40_000 }).toBeGreaterThan(7)
  // At once, after a second, and then by the policy: after 0.2, 0.4, 0.8, 1.6, 3.2, 6.4 s, of which chance takes up to a tenth.
  const starts = times(proxy, 'bad', 'started')
  expect(starts[7]! - starts[6]!).toBeGreaterThan(5_000)
  expect(proxy.stderr.match(/bad: try \d+ failed: .*exited with code 3/g)?.length).toBeGreaterThan(3)
}, 120_000)

it('calls that take too long are answered with an error, whether the file or a signal ends their server', async () => {
  const proxy = new ProxyProcess({ one: scripted() }, '--stdio')
  const client = await proxy.stdio()
  const taken = refusal(textOf(client, 'one__sleep', { ms: 3_600_000 }))
  proxy.write({ one: scripted({ CHANGED: 1 }) })
  expect(await taken).toMatchObject({ message: expect.stringContaining('it was taken away'), data: { reason: 'lost' } })
  await expect.poll(() => echo(client, 'one').catch(() => 'away'), { timeout: 20_000 }).toBe('one')
  const stopped = refusal(textOf(client, 'one__sleep', { ms: 3_600_000 }))
  proxy.child.kill('SIGTERM')
  expect(await stopped).toMatchObject({ message: expect.stringContaining('is shutting down'), data: { reason: 'lost' } })
  expect(await proxy.exited, proxy.stderr).toEqual({ code: 0, signal: null })
  expect(proxy.servers).toEqual([])
}, 120_000)

it('a server that takes its time keeps no client from the others', async () => {
  const silent = { command: process.execPath, args: ['-e', 'setInterval(() => {}, 1000)'] }
  const proxy = new ProxyProcess({ silent, good: real('everything') }, '--stdio')
  const client = await proxy.stdio()
  expect(proxy.stderr).not.toContain('is ready')
  const servers = (await client.listTools()).tools.map(({ name }) => name.split('__')[0])
  expect([...new Set(servers)]).toEqual(['good'])
  expect(await echo(client, 'good')).toBe('Echo: good')
  expect((await refusal(echo(client, 'silent'))).message).toMatch(/no tool "silent__echo"|server "silent" does not run/)
}, 120_000)

it('1,000 calls over 8 servers, one of which is killed every 50 calls: each call is answered or fails, and all servers are back', async () => {
  const names = Array.from({ length: 8 }, (_, n) => `s${n}`)
  const limit = { limit: 1_000, window: 1_000 }
  const proxy = new ProxyProcess(Object.fromEntries(names.map((name) => [name, { ...real('everything'), limit }])), '--stdio')
  const client = await proxy.stdio()
  expect(proxy.servers).toHaveLength(8)
  const outcomes: PromiseSettledResult<string>[] = []
  for (let round = 0; round < 20; round++) {
    const calls = Array.from({ length: 50 }, (_, n) => echo(client, names[n % 8]!))
    const victim = proxy.servers[round % 8]
    if (victim !== undefined) process.kill(victim, 'SIGKILL')
    outcomes.push(...(await Promise.allSettled(calls)))
  }
  expect(outcomes).toHaveLength(1_000)
  const failed = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
  for (const { data } of failed) expect(data).toMatchObject({ reason: expect.stringMatching(/^(lost|unavailable)$/) })
  for (const name of names) {
    await expect.poll(() => echo(client, name).catch(() => 'away'), { timeout: 60_000 }).toBe(`Echo: ${name}`)
  }
  expect(proxy.servers).toHaveLength(8)
  proxy.child.kill('SIGTERM')
  expect(await proxy.exited, proxy.stderr).toEqual({ code: 0, signal: null })
  expect(proxy.servers).toEqual([])
}, 180_000)
