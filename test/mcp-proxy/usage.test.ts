import { expect, it } from 'vitest'
import { overHttp, ProxyProcess, real, variable } from './proxy.js'

it.each([
  [['--stdio', '--prot', '1'], /Unknown option '--prot'/],
  [[], /say how it is to be reached: --stdio, --port, or both/],
  [['--port', 'http'], /--port must be a number, not "http"/],
  [['more.json', '--stdio'], /one servers.json is enough/],
  [['--stdio', '--shutdown-timeout', '0'], /--shutdown-timeout must be a number of milliseconds, not "0"/],
  [['--stdio', '--sse'], /--sse is for --port, which is missing/],
  [['--stdio', '--host', '127.0.0.1'], /--host is for --port, which is missing/],
])('%j is refused with the reason and how it is used', async (args, why) => {
  const proxy = new ProxyProcess({}, ...args)
  expect((await proxy.exited).code).toBe(2)
  expect(proxy.stderr).toMatch(why)
  expect(proxy.stderr).toContain('Usage: keelson-mcp-proxy <servers.json>')
})

it('tells how it is used when it is asked', async () => {
  const proxy = new ProxyProcess({}, '--help')
  let output = ''
  proxy.child.stdout?.on('data', (chunk) => {
    output += chunk
  })
  expect((await proxy.exited).code).toBe(0)
  expect(output).toContain('Usage: keelson-mcp-proxy <servers.json>')
})

it.each([
  ['{', /servers.json is not JSON/],
  ['[]', /must hold an object with "mcpServers"/],
  ['{}', /"mcpServers" is missing/],
  ['{"mcpServers":{"a__b":{"command":"x"}}}', /"a__b" is no name for a server/],
  ['{"mcpServers":{"a":{"url":"localhost"}}}', /server "a" cannot be used: url is no http or https URL/],
  [
    `{"mcpServers":{"a":{"command":"x","args":["${variable('NO_SUCH_TOKEN')}"]}}}`,
    /"a" needs the environment variable NO_SUCH_TOKEN/,
  ],
  ['{"mcpServers":{"a":{"command":"x","limit":{"limit":0,"window":1}}}}', /"a:limit": limit must be a whole number, 1 or more/],
  [
    '{"mcpServers":{"a":{"command":"x","limit":5}}}',
    /server "a": limit must be an object such as \{ "limit": 5, "window": 1000 \}/,
  ],
  ['{"mcpServers":{"a":{"command":"x","limit":null}}}', /server "a": limit must be an object/],
  ['{"mcpServers":{"a":{"command":"x","disabled":"yes"}}}', /server "a": disabled must be true or false, without quotes/],
  ['{"mcpServers":{"a":{"command":"x","deny":"write_*"}}}', /server "a": deny must be a list of names of tools/],
  ['{"mcpServers":{"a":{"command":"x","timeouts":{"cal":5}}}}', /server "a": timeouts must be an object such as/],
  [
    '{"mcpServers":{"a":{"command":"x","timeouts":{"call":0}}}}',
    /server "a": timeouts\.call must be a number of milliseconds, 1 or more/,
  ],
  [
    '{"mcpServers":{"a":{"command":"x","limit":{"limit":1,"window":1,"wait":"long"}}}}',
    /server "a": limit\.wait must be a number/,
  ],
])('a file with %s is refused with the reason', async (text, why) => {
  const proxy = new ProxyProcess(text, '--stdio')
  expect((await proxy.exited).code).toBe(2)
  expect(proxy.stderr).toMatch(why)
})

it('says where it serves, which is news with port 0', async () => {
  const proxy = new ProxyProcess({}, '--port', '0')
  expect((await (await overHttp(await proxy.port())).listTools()).tools).toEqual([])
})

it('a server that is disabled is left out', async () => {
  const proxy = new ProxyProcess({ on: real('everything'), off: { ...real('everything'), disabled: true } }, '--stdio')
  const client = await proxy.stdio()
  const names = (await client.listTools()).tools.map(({ name }) => name)
  expect(names).toContain('on__echo')
  expect(names.filter((name) => name.startsWith('off'))).toEqual([])
})

it('over HTTP pages from elsewhere are refused, also with a name of their own for this address, and a session that is over too', async () => {
  const proxy = new ProxyProcess({}, '--port', '0')
  const port = await proxy.port()
  const client = await overHttp(port)
  expect((await client.listTools()).tools).toEqual([])
  const url = `http://127.0.0.1:${port}/mcp`
  const { request } = await import('node:http')
  const foreign = await new Promise<number | undefined>((resolve) =>
    request(url, { method: 'POST', headers: { host: 'evil.example' } }, (res) => resolve(res.statusCode)).end(),
  )
  expect(foreign).toBe(403)
  const from = (origin: string) => fetch(url, { method: 'POST', headers: { origin } }).then(({ status }) => status)
  expect(await Promise.all(['https://evil.example', 'null', 'http://localhost.evil.example'].map(from))).toEqual([403, 403, 403])
  expect(await from('http://localhost:6274')).not.toBe(403)
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' })
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
  const over = await fetch(url, { method: 'POST', headers: { ...headers, 'mcp-session-id': 'gone' }, body })
  expect(over.status).toBe(404)
  expect(await over.json()).toMatchObject({ error: { message: 'this session is over; send initialize again' } })
  expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(400)
})

it.each(['--inspector', '--inspector-actions'])('with %s it shows its servers in the inspector, on loopback', async (option) => {
  const proxy = new ProxyProcess({ one: real('everything') }, '--port', '0', option)
  await proxy.port()
  await proxy.said(/http:\/\/127\.0\.0\.1:\d+\/inspector\//)
  const [address] = proxy.stderr.match(/http:\/\/127\.0\.0\.1:\d+\/inspector\//)!
  expect(await (await fetch(address)).text()).toContain('<title>Keelson inspector</title>')
})
