import { expect, it } from 'vitest'
import { ProxyProcess, refusal, scripted, textOf } from './proxy.js'

it('a server whose list of tools has no end is given up, and the others are served', async () => {
  const proxy = new ProxyProcess({ evil: { ...scripted({ PAGES: 0 }), maxPages: 20 }, good: scripted() }, '--stdio')
  const client = await proxy.stdio()
  await proxy.said(/server "evil" lists tools on more than 20 pages; raise maxPages/)
  expect(await textOf(client, 'good__echo', { message: 'fine' })).toBe('fine')
  proxy.child.kill('SIGTERM')
  expect((await proxy.exited).signal).toBeNull()
})

it('what a server was given as secret comes back neither in lines, nor in errors, nor in keelson://inspect', async () => {
  const env = { API_TOKEN: 'hunter22', TELL: 'the key is' }
  const proxy = new ProxyProcess(
    { died: scripted({ ...env, EXIT: 3 }), refusing: scripted({ ...env, FAILED_LISTS: 1_000 }), fine: scripted(env) },
    '--stdio',
  )
  const client = await proxy.stdio()
  await proxy.said(/no list yet for \*\*\*/)
  await proxy.said(/it said: .*the key is \*\*\*/)
  const inspected = await client.readResource({ uri: 'keelson://inspect' })
  expect(JSON.stringify(inspected)).toContain('the key is ***')
  const failed = await refusal(textOf(client, 'fine__fail', { code: -32001, message: 'bad hunter22', data: { was: 'hunter22' } }))
  expect(failed).toMatchObject({ data: { was: '***' } })
  for (const text of [JSON.stringify(inspected), proxy.stderr, failed.message, JSON.stringify(failed)]) {
    expect(text).not.toContain('hunter22')
  }
})

it.each([
  [{ maxTools: 0 }, /maxTools must be a whole number, 1 or more/],
  [{ maxMessageSize: 'big' }, /maxMessageSize must be a whole number of bytes/],
])('a limit that cannot be meant is refused with the reason: %j', async (limits, why) => {
  const proxy = new ProxyProcess({ one: { ...scripted(), ...limits } }, '--stdio')
  expect((await proxy.exited).code).toBe(2)
  expect(proxy.stderr).toMatch(why)
})
