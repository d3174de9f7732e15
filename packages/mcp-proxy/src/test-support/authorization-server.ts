import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose'
import { onTestFinished } from 'vitest'

export const RESOURCE = 'https://tools.example/mcp'

/** Making them takes a while. */
let keys: ReturnType<typeof generateKeyPair> | undefined

/** An authorization server on loopback, whose tokens can be anything. Gone when the test is over. */
export async function authorizationServer() {
  keys ??= generateKeyPair('RS256', { extractable: true })
  const signing = await keys
  const publicKey: JWK = { ...(await exportJWK(signing.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }
  /** What it is asked, and how it answers. */
  const asked: string[] = []
  const answers = {
    metadata: (): object | undefined => ({ issuer, jwks_uri: `${issuer}/jwks` }),
    jwks: (): object | undefined => ({ keys: [publicKey] }),
    introspect: (_body: URLSearchParams, _req: IncomingMessage): object | undefined => ({ active: false }),
  }
  const server = createServer(async (req, res) => {
    const path = req.url ?? ''
    asked.push(`${req.method} ${path}`)
    let body = ''
    for await (const chunk of req.setEncoding('utf8')) body += chunk
    const answer =
      path === '/.well-known/oauth-authorization-server'
        ? answers.metadata()
        : path === '/jwks'
          ? answers.jwks()
          : path === '/introspect'
            ? answers.introspect(new URLSearchParams(body), req)
            : undefined
    if (answer === undefined) res.writeHead(404).end()
    else res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const close = async () => {
    if (!server.listening) return
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  onTestFinished(close)
  /** What a token says unless it is made to say something else. */
  const claims = (other: JWTPayload = {}): JWTPayload => {
    const now = Math.floor(Date.now() / 1_000)
    const usual = { iss: issuer, aud: RESOURCE, sub: 'ada', client_id: 'editor', scope: 'mcp', iat: now, exp: now + 300 }
    return JSON.parse(JSON.stringify({ ...usual, ...other }))
  }
  const token = (other?: JWTPayload, header: { alg: string; kid?: string } = { alg: 'RS256', kid: 'one' }) =>
    new SignJWT(claims(other)).setProtectedHeader(header).sign(signing.privateKey)
  return { issuer, publicKey, signing, asked, answers, claims, token, close }
}
