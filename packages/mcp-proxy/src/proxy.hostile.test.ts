// Attacked: the sessions of an MCP front that asks for access tokens.
import { expect, it } from 'vitest'
import { authorizationServer } from './test-support/authorization-server.js'
import { RawClient } from './test-support/raw-client.js'
import { recordingServer } from './test-support/recording-server.js'
import { runningProxy } from './test-support/running-proxy.js'

const RESOURCE = 'https://tools.example/team/mcp'
const METADATA = 'https://tools.example/.well-known/oauth-protected-resource/team/mcp'

async function protectedProxy(more: object = {}) {
  const [issuer, upstream] = await Promise.all([authorizationServer(), recordingServer()])
  const oauth = { resource: RESOURCE, authorizationServers: [issuer.issuer], scopes: ['mcp', 'mcp:call'], ...more }
  const proxy = await runningProxy({ mcpServers: { one: { url: upstream.url } }, http: { oauth } })
  const token = (claims: object = {}) => issuer.token({ aud: RESOURCE, scope: 'mcp mcp:call', ...claims } as never)
  const client = async (claims?: object) => new RawClient(proxy.url, { authorization: `Bearer ${await token(claims)}` })
  return { ...proxy, issuer, upstream, token, client }
}

it('[F3] who has no access token learns where to get one, for what, and nothing else', async () => {
  const { url, issuer, client } = await protectedProxy()
  const guidance = `resource_metadata="${METADATA}", scope="mcp mcp:call"`
  const challenge = async (asking: RawClient, method = 'POST') => {
    const answer = await asking.send(method)
    await answer.text()
    return [answer.status, answer.headers.get('www-authenticate')]
  }
  const stranger = new RawClient(url)
  for (const method of ['POST', 'GET', 'DELETE']) expect(await challenge(stranger, method)).toEqual([401, `Bearer ${guidance}`])
  stranger.headers.authorization = 'Basic YTpi'
  const asNone = `Bearer error="invalid_token", error_description="it is no bearer token that could be one", ${guidance}`
  expect(await challenge(stranger)).toEqual([401, asNone])
  const late = `Bearer error="invalid_token", error_description="it has expired", ${guidance}`
  expect(await challenge(await client({ exp: 1 }))).toEqual([401, late])
  expect(await challenge(await client({ scope: 'mcp' }))).toEqual([403, `Bearer error="insufficient_scope", ${guidance}`])

  const { origin } = new URL(url)
  const paths = ['', '/mcp', '/team/mcp'].map((suffix) => `/.well-known/oauth-protected-resource${suffix}`)
  for (const path of paths) {
    const answer = await fetch(`${origin}${path}`)
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(await answer.json()).toEqual({
      resource: RESOURCE,
      authorization_servers: [issuer.issuer],
      scopes_supported: ['mcp', 'mcp:call'],
      bearer_methods_supported: ['header'],
    })
  }
  expect((await fetch(`${origin}${paths[0]}`, { method: 'POST' })).status).toBe(405)
  expect((await fetch(`${origin}${paths[0]}/other`)).status).toBe(404)
  expect((await fetch(`${origin}${paths[0]}`, { headers: { origin: 'https://evil.example' } })).status).toBe(403)
})

it('[F3] a session is of one user and one client: it outlives their token, and is over for everybody else', async () => {
  const { client, token } = await protectedProxy()
  const own = await client()
  expect((await own.initialize()).status).toBe(200)
  const status = async (headers: Record<string, string>, method = 'POST') => {
    const body = method === 'POST' ? { id: 9, method: 'tools/list' } : undefined
    const answer = await own.send(method, body, headers)
    await answer.body?.cancel()
    return answer.status
  }
  for (const claims of [{ sub: 'eve' }, { client_id: 'other' }]) {
    const authorization = `Bearer ${await token(claims)}`
    for (const method of ['POST', 'GET', 'DELETE']) expect(await status({ authorization }, method)).toBe(404)
  }
  expect(await status({ authorization: '' })).toBe(401)
  expect(await status({ authorization: `Bearer ${await token({ exp: 1 })}` })).toBe(401)
  expect(await status({ authorization: `Bearer ${await token({ jti: 'refreshed' })}` })).toBe(200)
})

it('[F3] no token of a client reaches a server, and none is in what the proxy shows of itself', async () => {
  const { client, upstream, kernel } = await protectedProxy()
  const own = await client()
  const secret = own.headers.authorization!.slice('Bearer '.length)
  await own.initialize()
  expect(await (await own.call('one__echo', { a: 1 })).text()).toContain('\\"a\\":1')
  const shown = await (await own.request('resources/read', { uri: 'keelson://inspect' })).text()
  expect(upstream.seen.length).toBeGreaterThan(2)
  for (const { headers } of upstream.seen) expect(headers.authorization).toBeUndefined()
  expect(JSON.stringify(upstream.seen) + shown + JSON.stringify(kernel.inspect())).not.toContain(secret)
})

it('[F3] a standing stream is over when its token is', async () => {
  const { client } = await protectedProxy({ clockTolerance: 0 })
  const own = await client({ exp: Math.ceil(Date.now() / 1_000) + 2 })
  await own.initialize()
  const standing = await own.send('GET')
  expect(standing.status).toBe(200)
  expect(await standing.text()).toBe('')
  expect((await own.send('GET')).status).toBe(401)
})

it.each([
  [{ resource: 'tools.example' }, /http\.oauth: resource must be the URL that clients use/],
  [{ resource: 'https://tools.example/mcp#a' }, /resource must be/],
  [{ authorizationServers: [] }, /authorizationServers must be a list of https URLs/],
  [{ authorizationServers: ['http://auth.example'] }, /authorizationServers must be a list of https URLs/],
  [{ authorizationServers: ['https://user:word@auth.example'] }, /authorizationServers must be/],
  [{ scopes: ['a b'] }, /scopes must be a list of scopes/],
  [{ scopes: ['a"'] }, /scopes must be/],
  [{ jwks: 'http://auth.example/keys' }, /jwks must be an https URL/],
  [{ scope: ['mcp'] }, /http\.oauth: there is no "scope"; it may have resource/],
  [{ introspection: { url: 'https://a.example' } }, /introspection\.clientId must be a string/],
  [{ introspection: {}, jwks: 'https://a.example' }, /introspection must be for one authorization server alone/],
  [{ clockTolerance: -1 }, /clockTolerance must be a number of milliseconds/],
])('what would leave the door open is refused: %j', async (field, why) => {
  const oauth = { resource: RESOURCE, authorizationServers: ['https://auth.example'], ...field }
  await expect(runningProxy({ http: { oauth } })).rejects.toThrow(why)
})

it('with OAuth it may listen where others can reach it, and without it does not', async () => {
  const oauth = { resource: RESOURCE, authorizationServers: ['https://auth.example'] }
  const { url } = await runningProxy({ http: { oauth } }, { host: '0.0.0.0' })
  const answer = await fetch(`http://127.0.0.1:${new URL(url).port}/mcp`, { method: 'POST' })
  expect(answer.headers.get('www-authenticate')).toBe(`Bearer resource_metadata="${METADATA}"`)
  await expect(runningProxy({}, { host: '0.0.0.0' })).rejects.toThrow('others can reach 0.0.0.0')
})
