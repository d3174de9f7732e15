import { describe, expect, it } from 'vitest'
import { serverSecrets } from './secrets.js'
import type { ServerConfig } from './server-config.js'

const argued = (...args: string[]): ServerConfig => ({ command: 'serve', args })
const remote = (url: string, headers = {}): ServerConfig => ({ url, headers })

describe('what is secret in a config is masked wherever it is repeated', () => {
  it.each<[string, ServerConfig]>([
    ['a header in an argument', argued('--header', 'Authorization: Bearer SEKRIT-a1')],
    ['a variable in an argument', argued('-e', 'API_KEY=SEKRIT-b2')],
    ['a flag', argued('--api-key', 'SEKRIT-c3')],
    ['a flag with =', argued('--token=SEKRIT-d4')],
    ['a URL', argued('postgres://u:SEKRIT-e5@h/db')],
    ['a parameter', argued('token=SEKRIT-f6')],
    ['a parameter of a URL', argued('https://x.test/mcp?api_key=SEKRIT-g7')],
    ['an argument alone', argued('SEKRIT-h8')],
    ['a variable', argued('GITHUB_TOKEN=SEKRIT-i9')],
    ['a short flag', argued('-pSEKRIT-j0')],
    ['JSON', argued('{"token":"SEKRIT-k1"}')],
    ['the URL of a server', remote('http://127.0.0.1:1/mcp?api_key=SEKRIT-m3')],
    ['the path of its URL', remote('http://127.0.0.1:1/SEKRIT-n4/mcp')],
    ['a header', remote('http://127.0.0.1:1/mcp', { 'x-api-key': 'SEKRIT-o5' })],
    ['an authorization', remote('http://127.0.0.1:1/mcp', { authorization: 'Digest x SEKRIT-p6' })],
    ['any other header', remote('http://127.0.0.1:1/mcp', { 'x-tenant': 'SEKRIT-q7' })],
    ['a cookie', remote('http://127.0.0.1:1/mcp', { cookie: 'a=b; session=SEKRIT-r8' })],
    ['the environment', { command: 'serve', env: { TOKEN: 'SEKRIT-s9' } }],
    ['a variable without a telling name', { command: 'serve', env: { TENANT: 'SEKRIT-t0' } }],
    ['a quoted text', { command: 'serve', env: { TOKEN: 'SEKRIT "u1"\nx' } }],
  ])('%s', (_what, config) => {
    const secret = /SEKRIT(?:-\w\d| "u1"\nx)/.exec(JSON.stringify(config).replaceAll('\\"', '"').replaceAll('\\n', '\n'))![0]
    const { redact, hide } = serverSecrets(config)
    for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]) {
      expect(redact(`it said: <${form}>`)).not.toContain('SEKRIT')
      expect(`${hide(new Error('no', { cause: new Error(form) })).cause}`).not.toContain('SEKRIT')
    }
  })
})

it.each<[ServerConfig, string]>([
  [
    argued('--root', '/srv/docs2/files', '@scope/server-files', '--verbose', '--port', '8080'),
    '/srv/docs2/files @scope/server-files 8080',
  ],
  [{ command: 'serve', env: { MODE: 'testing', USE_AUTH: 'true', RETRIES: '12345' } }, 'testing true 12345'],
  [
    remote('http://127.0.0.1:3000/mcp?page=2', { accept: 'application/json' }),
    'http://127.0.0.1:3000/mcp?page=2 application/json',
  ],
])('what says what a server is for stays: %j', (config, text) => {
  expect(serverSecrets(config).redact(text)).toBe(text)
})
