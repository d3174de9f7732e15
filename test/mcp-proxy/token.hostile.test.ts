// Attacked: an MCP front by who has no token.
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { expect, it, onTestFinished } from 'vitest'
import { ProxyProcess, real, textOf } from './proxy.js'

const TOKEN = 'a-token-of-some-length'

it.each(['0.0.0.0', '::', '192.0.2.1', 'tools.example', '128.0.0.1'])(
  '[F2] without a token it does not listen where others can reach it: %s',
  async (host) => {
    const proxy = new ProxyProcess({}, '--port', '0', '--host', host)
    expect((await proxy.exited).code).toBe(2)
    expect(proxy.stderr).toContain(`others can reach ${host}: set KEELSON_MCP_TOKEN`)
  },
)

it('a token that could be guessed is refused, and not repeated', async () => {
  const proxy = new ProxyProcess({}, '--port', '0', 'token=hunter22')
  expect((await proxy.exited).code).toBe(2)
  expect(proxy.stderr).toContain('KEELSON_MCP_TOKEN must have 16 characters or more')
  expect(proxy.stderr).not.toContain('hunter22')
})

it('[F2] whoever has the token is served, nobody else, and servers that inherit the environment do not learn it', async () => {
  const servers = { ev: { ...real('everything'), inheritEnv: true } }
  const proxy = new ProxyProcess(servers, '--port', '0', `token=${TOKEN}`)
  const url = new URL(`http://127.0.0.1:${await proxy.port()}/mcp`)
  const status = async (headers: Record<string, string>) => {
    const response = await fetch(url, { method: 'POST', headers })
    return [response.status, response.headers.get('www-authenticate')]
  }
  expect(await status({})).toEqual([401, 'Bearer'])
  expect(await status({ authorization: `Bearer ${TOKEN}x` })).toEqual([401, 'Bearer error="invalid_token"'])
  const client = new Client({ name: 'test', version: '1.0.0' })
  const requestInit = { headers: { authorization: `Bearer ${TOKEN}` } }
  await client.connect(new StreamableHTTPClientTransport(url, { requestInit }) as Transport)
  onTestFinished(() => client.close())
  const env = await textOf(client, 'ev__get-env')
  expect(env).toContain('PATH')
  expect(env).not.toContain(TOKEN)
  expect(proxy.stderr).not.toContain(TOKEN)
})
