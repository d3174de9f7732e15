// Attacked: an MCP front by who has an access token of another making, or of another's.
import { createHmac } from 'node:crypto'
import { exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { type OAuthOptions, oauthOptions } from '../config/oauth-options.js'
import { authorizationServer, RESOURCE } from '../test-support/authorization-server.js'
import { gate } from './gate.js'
import { OAuth } from './oauth.js'
import { ResourceMetadata } from './resource-metadata.js'

type Server = Awaited<ReturnType<typeof authorizationServer>>

function guarded({ issuer }: Pick<Server, 'issuer'>, more: Partial<OAuthOptions> = {}) {
  const written = { resource: RESOURCE, authorizationServers: [issuer], scopes: ['mcp'], ...more }
  const options = oauthOptions('servers.json: http', written)
  const knock = gate([], new OAuth(options, new ResourceMetadata(options, '/mcp')))
  return async (token: string) =>
    (await knock({ headers: { authorization: `Bearer ${token}` } })) as { owner?: string; status?: number; message?: string }
}

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const unsigned = (header: object, payload: object) => `${encoded(header)}.${encoded(payload)}`

let server: Server
let knock: ReturnType<typeof guarded>
beforeEach(async () => {
  server = await authorizationServer()
  knock = guarded(server)
  expect(await knock(await server.token())).toMatchObject({ owner: expect.any(String) })
})

const refused = (why: RegExp) => ({ status: 401, message: expect.stringMatching(why) })

it.each(['none', 'None', 'nOnE', 'NONE'])('[F3] a token without a signature is refused, however it says so: %s', async (alg) => {
  for (const signature of ['', 'e30', '.']) {
    const token = `${unsigned({ alg, kid: 'one' }, server.claims())}.${signature}`
    expect(await knock(token)).toMatchObject(refused(/not valid/))
  }
})

it('[F3] the public key is no shared secret, in whatever form it is used as one', async () => {
  const pem = await exportSPKI(server.signing.publicKey)
  for (const alg of ['HS256', 'HS384', 'HS512']) {
    for (const secret of [pem, pem.trim(), JSON.stringify(server.publicKey), server.publicKey.n as string, '']) {
      const text = unsigned({ alg, kid: 'one' }, server.claims())
      const signature = createHmac(`sha${alg.slice(2)}`, secret)
        .update(text)
        .digest('base64url')
      expect(await knock(`${text}.${signature}`)).toMatchObject(refused(/not valid/))
    }
  }
})

it('[F3] a key that the token brings along, or points to, is not believed', async () => {
  const own = await generateKeyPair('RS256', { extractable: true })
  const jwk = { ...server.publicKey, n: 'AQAB' }
  const headers = [
    { jwk },
    { jku: `${server.issuer}/other` },
    { x5u: `${server.issuer}/other` },
    { kid: '../../jwks' },
    { kid: 'one' },
    {},
  ]
  for (const header of headers) {
    const token = await new SignJWT(server.claims()).setProtectedHeader({ alg: 'RS256', ...header }).sign(own.privateKey)
    expect(await knock(token)).toMatchObject({ status: 401 })
  }
  expect(server.asked.filter((asked) => asked.includes('other'))).toEqual([])
})

it.each([
  ['another resource', { aud: 'https://other.example/mcp' }, /not meant for this resource/],
  ['the host of this one alone', { aud: 'https://tools.example' }, /not meant for this resource/],
  ['this one as a part', { aud: `${RESOURCE}/../mcp` }, /not meant for this resource/],
  ['nobody', { aud: undefined }, /not meant for this resource/],
  ['a list without it', { aud: ['a', 'b'] }, /not meant for this resource/],
])('[F3] a token for %s is not taken', async (_, claims, why) => {
  expect(await knock(await server.token(claims as JWTPayload))).toMatchObject(refused(why))
})

it.each([
  ['another issuer', (issuer: string) => ({ iss: `${issuer}/other` })],
  ['a longer name', (issuer: string) => ({ iss: `${issuer}.evil.example` })],
  ['a slash more', (issuer: string) => ({ iss: `${issuer}/` })],
  ['no issuer', () => ({ iss: undefined })],
  ['an issuer that is none', () => ({ iss: '__proto__' })],
])('[F3] a token of %s is not taken', async (_, claimsOf) => {
  expect(await knock(await server.token(claimsOf(server.issuer) as JWTPayload))).toMatchObject(refused(/issuer/))
})

it('[F3] a token is taken in its time alone, give or take the tolerance', async () => {
  const now = Math.floor(Date.now() / 1_000)
  expect(await knock(await server.token({ exp: now - 40 }))).toMatchObject(refused(/it has expired/))
  expect(await knock(await server.token({ nbf: now + 40 }))).toMatchObject(refused(/its nbf is not valid/))
  expect(await knock(await server.token({ exp: undefined as never }))).toMatchObject(refused(/its exp is not valid/))
  expect(await knock(await server.token({ exp: now - 10, nbf: now + 10 }))).toMatchObject({ owner: expect.any(String) })
  const strict = guarded(server, { clockTolerance: 0 })
  expect(await strict(await server.token({ exp: now - 10 }))).toMatchObject(refused(/it has expired/))
})

it('[F3] a token that has been taken is not taken when it has expired', async () => {
  const strict = guarded(server, { clockTolerance: 0 })
  const token = await server.token({ exp: Math.floor(Date.now() / 1_000) + 2 })
  expect(await strict(token)).toMatchObject({ owner: expect.any(String) })
  await expect.poll(() => strict(token), { timeout: 20_000 }).toMatchObject(refused(/it has expired/))
})

it('[F3] a token that was changed is another', async () => {
  const [header, payload, signature] = (await server.token({ scope: 'other' })).split('.') as [string, string, string]
  const more = encoded(server.claims())
  const changed = [
    `${header}.${more}.${signature}`,
    `${header}.${payload}.${signature.slice(0, -4)}AAAA`,
    `${header}.${payload}`,
    `${header}.${payload}.`,
    `${header}..${signature}`,
    `${header}.${payload}.${signature}.${signature}`,
    'null.null.null',
    `${encoded([])}.${encoded([])}.`,
    '..',
  ]
  for (const token of changed) expect(await knock(token), token).toMatchObject({ status: 401 })
})

it('a token of any size is looked at for no longer than a short one', async () => {
  for (const size of [8_193, 100_000, 10_000_000]) {
    const before = server.asked.length
    expect(await knock('x'.repeat(size))).toMatchObject({ status: 401 })
    expect(await knock(await server.token({ pad: 'x'.repeat(size) }))).toMatchObject({ status: 401 })
    expect(server.asked.length).toBe(before)
  }
})

it('[F3] without its scope a token is not enough, nor is one that only looks like it', async () => {
  for (const scope of [undefined, '', 'mc', 'mcpx', 'MCP', 'mcp\u00a0', ['mcp ']]) {
    const verdict = await knock(await server.token({ scope: scope as never }))
    expect(verdict, String(scope)).toMatchObject({ status: 403, message: expect.stringContaining('mcp') })
  }
  expect(await knock(await server.token({ scope: undefined as never, scp: ['a', 'mcp'] }))).toMatchObject({
    owner: expect.any(String),
  })
})

it('[F3] an owner is one user of one client: the same after a refresh, and nobody else', async () => {
  const owners = async (claims: JWTPayload) => (await knock(await server.token(claims))).owner
  const own = await owners({ jti: '1' })
  expect(own).toEqual(expect.any(String))
  expect(await owners({ jti: '2', exp: Math.floor(Date.now() / 1_000) + 900 })).toBe(own)
  for (const other of [{ sub: 'eve' }, { client_id: 'other' }, { client_id: undefined }, { sub: 'ada","editor' }]) {
    expect(await owners(other), JSON.stringify(other)).not.toBe(own)
  }
  expect(await knock(await server.token({ sub: undefined as never, client_id: undefined }))).toMatchObject(
    refused(/does not say whose it is/),
  )
})

it('[F3] while keys cannot be had nobody comes in, and nobody is told more than to try again', async () => {
  const token = await server.token()
  const ways: [string, (other: Server) => unknown][] = [
    ['away', (other) => other.close()],
    ['without metadata', (other) => Object.assign(other.answers, { metadata: () => undefined })],
    ['of another issuer', (other) => Object.assign(other.answers, { metadata: () => ({ issuer: 'x', jwks_uri: 'x' }) })],
    [
      'with keys elsewhere',
      (other) => Object.assign(other.answers, { metadata: () => ({ issuer: other.issuer, jwks_uri: 'http://192.0.2.1/' }) }),
    ],
    ['without keys', (other) => Object.assign(other.answers, { jwks: () => undefined })],
    ['with no set of keys', (other) => Object.assign(other.answers, { jwks: () => ({ keys: 'x' }) })],
    ['with a set without end', (other) => Object.assign(other.answers, { jwks: () => ({ keys: [], x: 'x'.repeat(1_000_000) }) })],
  ]
  for (const [what, make] of ways) {
    const other = await authorizationServer()
    await make(other)
    const verdict = await guarded(other)(await other.token())
    expect(verdict, what).toEqual({ status: 503, message: 'the token could not be verified; try again later' })
  }
  expect(await knock(token)).toMatchObject({ owner: expect.any(String) })
})

it('[F3] whoever invents keys or tokens does not make the authorization server be asked for each', async () => {
  const before = server.asked.length
  const inventions = Array.from({ length: 200 }, (_, n) => server.token({}, { alg: 'RS256', kid: `invented-${n}` }))
  for (const token of await Promise.all(inventions)) expect(await knock(token)).toMatchObject(refused(/its key/))
  expect(server.asked.length - before).toBeLessThanOrEqual(1)
})

it('[F3] what introspection says of a token is believed as little as a token: it has to be active, for this resource, and in time', async () => {
  const introspection = { url: `${server.issuer}/introspect`, clientId: 'proxy', clientSecret: 'a:b c' }
  const asks = guarded(server, { introspection })
  const now = Math.floor(Date.now() / 1_000)
  const good = { active: true, aud: [RESOURCE], sub: 'ada', client_id: 'editor', scope: 'a mcp', exp: now + 60 }
  const bodies: string[] = []
  const saying = (answer: object | undefined) => {
    server.answers.introspect = (body, { headers }) => {
      bodies.push(`${body} ${Buffer.from(String(headers.authorization).slice(6), 'base64')}`)
      return answer
    }
  }
  saying(good)
  expect(await asks('opaque-token-1')).toMatchObject({ owner: expect.any(String) })
  expect(bodies).toEqual(['token=opaque-token-1&token_type_hint=access_token proxy:a%3Ab%20c'])
  let n = 1
  for (const other of [
    { active: false },
    { active: 'true' },
    { active: 1 },
    { aud: undefined },
    { aud: 'https://other.example' },
    { aud: {} },
    { exp: now - 60 },
    { nbf: now + 60 },
    { iss: 'https://other.example' },
    { sub: undefined, client_id: undefined },
  ]) {
    saying({ ...good, ...other })
    expect(await asks(`opaque-token-${++n}`), JSON.stringify(other)).toMatchObject({ status: 401 })
  }
  saying({ ...good, scope: 'a' })
  expect(await asks('opaque-token-0')).toMatchObject({ status: 403 })
  for (const answer of [undefined, []]) {
    saying(answer)
    expect(await asks(`opaque-token-${++n}`)).toMatchObject({ status: 503 })
  }
  // One that was refused is asked about again, one that was taken is remembered.
  const before = bodies.length
  saying({ active: false })
  expect(await asks('opaque-token-1')).toMatchObject({ owner: expect.any(String) })
  expect(await asks('opaque-token-2')).toMatchObject({ status: 401 })
  expect(bodies.length - before).toBe(1)
})

it('[F3] tokens that somebody invents do not flood an authorization server whose keys cannot be had', async ({ task }) => {
  const away = await authorizationServer()
  away.answers.jwks = () => undefined
  const ask = guarded(away)
  const token = await away.token()
  Object.assign(task.meta, { attacks: 300 })
  for (let i = 0; i < 300; i++) expect(await ask(`${token}${i}`)).toMatchObject({ status: 503 })
  expect(away.asked.filter((asked) => asked === 'GET /jwks').length).toBeLessThan(10)
})

it('[F3] keys that are known are good while others cannot be had, so that an invented key shuts nobody out', async () => {
  server.answers.jwks = () => undefined
  vi.useFakeTimers({ toFake: ['Date'] })
  onTestFinished(() => void vi.useRealTimers())
  vi.setSystemTime(Date.now() + 60_000)
  for (const kid of ['two', 'three']) {
    expect(await knock(await server.token({}, { alg: 'RS256', kid }))).toMatchObject({ status: expect.any(Number) })
    expect(await knock(await server.token({ jti: kid }))).toMatchObject({ owner: expect.any(String) })
  }
})
