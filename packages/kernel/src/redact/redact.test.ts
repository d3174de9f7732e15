import { describe, expect, it, test } from 'vitest'
import { redact } from './redact.js'

// In parts, so that nobody's scanner takes them for real ones.
const token = (prefix: string, length = 36) => `${prefix}${'a1B2'.repeat(length / 4)}`
const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlLXRleHQ'
const PEM = '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0\n-----END PRIVATE KEY-----'

describe('redact() takes out', () => {
  test.each([
    ['connect mongodb://root:hunter2@10.0.0.7:27017/shop failed', 'connect mongodb://***@10.0.0.7:27017/shop failed'],
    ['mongodb+srv://root:p@ss@cluster.example/', 'mongodb+srv://***@cluster.example/'],
    ['redis://:secret@localhost', 'redis://***@localhost'],
    ['https://token@github.com/x', 'https://***@github.com/x'],
    ['Invalid URL: postgres://root:pa/ss?w#d@db:5432/shop', 'Invalid URL: postgres://***@db:5432/shop'],
    ['mongodb://root:12x/ab@h1:27017,h2:27017/x', 'mongodb://***@h1:27017,h2:27017/x'],
    ['x_y://u:p@h, jdbc:weird+db.v2://u:p@h', 'x_y://***@h, jdbc:weird+db.v2://***@h'],
    ['?to=postgres%3A%2F%2Fu%3Ahunter2%40db%2Fx', '?to=postgres%3A%2F%2F***%40db%2Fx'],
    ['?to=postgres%253A%252F%252Fu%253Ahunter2%2540db%252Fx', '?to=postgres%253A%252F%252F***%2540db%252Fx'],
    [String.raw`"amqp:\/\/u:hunter2@mq\/x"`, String.raw`"amqp:\/\/***@mq\/x"`],
    ['https://a.example/?next=redis://:hunter2@cache/1', 'https://a.example/?next=redis://***@cache/1'],
  ])('passwords in URLs: %s', (text, expected) => expect(redact(text)).toBe(expected))

  test.each([
    ['GET /x?api_key=abc123&page=2', 'GET /x?api_key=***&page=2'],
    ['{"password":"hunter2","user":"root"}', '{"password":"***","user":"root"}'],
    ['{"pwd":12345,"user":"root"}', '{"pwd":***,"user":"root"}'],
    ['{"password":"two words, \\"one\\"; end","user":"root"}', '{"password":"***","user":"root"}'],
    [String.raw`{"body":"{\"password\":\"two words\",\"n\":1}"}`, String.raw`{"body":"{\"password\":\"***\",\"n\":1}"}`],
    [String.raw`{"b":"{\"password\":\"a\\\"b\",\"n\":1}"}`, String.raw`{"b":"{\"password\":\"***\",\"n\":1}"}`],
    ["connect with Password='a;b c' failed", "connect with Password='***' failed"],
    ["host=db password='a b' user=root", "host=db password='***' user=root"],
    [String.raw`host=db password='it\'s me' user=root`, "host=db password='***' user=root"],
    [String.raw`host=db password=a\ b user=root`, 'host=db password=*** user=root'],
    ['Driver=x;PWD={a;b}}c};Server=y', 'Driver=x;PWD={***};Server=y'],
    ['Server=x;Uid=u;Pwd=a,b&c"d e;Database=y', 'Server=x;Uid=u;Pwd=***;Database=y'],
    ['host=db password=a,b;c&d"e user=root', 'host=db password=*** user=root'],
    ['password=x,user=y', 'password=***,user=y'],
    [String.raw`password=dom\ain next`, 'password=*** next'],
    ['user=root&pass=hunter2&bypass=1', 'user=root&pass=***&bypass=1'],
    ['dbPass=hunter2 DB_PASS=hunter3', 'dbPass=*** DB_PASS=***'],
    ['?X-Amz-Signature=abc&X-Amz-Credential=AK%2F1&sig=x&design=y', '?X-Amz-Signature=***&X-Amz-Credential=***&sig=***&design=y'],
    ['secret_key=sk_live_1 client_secret=2 passphrase: 3', 'secret_key=*** client_secret=*** passphrase: ***'],
    ['AccountName=shop;AccountKey=Ab+/12==;EndpointSuffix=x', 'AccountName=shop;AccountKey=***;EndpointSuffix=x'],
    ['body password%3Dhunter2%26user%3Droot', 'body password%3D***%26user%3Droot'],
  ])('values with a telling name: %s', (text, expected) => expect(redact(text)).toBe(expected))

  test.each([
    ['Authorization: Bearer abc.def', 'Authorization: Bearer ***'],
    ['Authorization: token hunter2', 'Authorization: token ***'],
    ['authorization: ApiKey hunter2 was refused', 'authorization: ApiKey *** was refused'],
    ['Proxy-Authorization: Basic dTpw', 'Proxy-Authorization: Basic ***'],
    ['Authorization: Digest username="u", response="0a1b"\nHost: x', 'Authorization: Digest ***\nHost: x'],
    ['Authorization: hunter2 and more\nHost: x', 'Authorization: ***\nHost: x'],
    ['Cookie: sid=hunter2; theme=dark\nHost: x', 'Cookie: ***\nHost: x'],
    ['set-cookie: sid=hunter2; HttpOnly', 'set-cookie: ***'],
    ['"Cookie: a=hunter2; b=1" -v', '"Cookie: ***" -v'],
    ['{"set-cookie":["a=1; Path=/","b=2"],"n":1}', '{"set-cookie":[***],"n":1}'],
    ['X-Api-Key: hunter2', 'X-Api-Key: ***'],
    ['[["authorization","x y"],["host","a"]]', '[["authorization","***"],["host","a"]]'],
    ["rawHeaders: [ 'Authorization', 'Bearer hunter2', 'Host', 'a' ]", "rawHeaders: [ 'Authorization', '***', 'Host', 'a' ]"],
    ['{"name":"authorization","value":"x y"}', '{"name":"authorization","value":"***"}'],
    ['refused: Bearer hunter2', 'refused: Bearer ***'],
    ['sent ApiKey 12ab34cd, got 401', 'sent ApiKey ***, got 401'],
    ['Digest username="u", response="0a"', 'Digest ***'],
  ])('headers: %s', (text, expected) => expect(redact(text)).toBe(expected))

  test.each([
    ['spawn psql --password hunter2 --host db', 'spawn psql --password *** --host db'],
    ['x --token=hunter2 --port 1', 'x --token=*** --port 1'],
    ["['--client-secret', 'hunter2', '--port']", "['--client-secret', '***', '--port']"],
    ['curl -u root:hunter2 http://a', 'curl -u root:*** http://a'],
    ['["-u","root:hunter2"]', '["-u","root:***"]'],
    ['curl --user=root:hunter2', 'curl --user=root:***'],
    ["curl --user 'root:two' x", "curl --user 'root:***' x"],
    ['x --password "two words" y', 'x --password "***" y'],
  ])('arguments: %s', (text, expected) => expect(redact(text)).toBe(expected))

  test.each([
    'ghp_',
    'gho_',
    'github_pat_',
    'glpat-',
    'npm_',
    'sk_live_',
    'rk_test_',
    'xoxb-',
    'xapp-',
    'sk-proj-',
    'AIza',
    'hf_',
    'pypi-',
    'dckr_pat_',
    'hvs.',
    'SG.',
  ])('tokens that begin with %s', (prefix) => expect(redact(`no: ${token(prefix)}, really`)).toBe('no: ***, really'))

  test.each([
    ['key id', `with AKIA${'ABCD'.repeat(4)} now`, 'with *** now'],
    ['JWT', `got ${JWT}.`, 'got ***.'],
    ['PEM block', `key ${PEM} end`, 'key -----BEGIN PRIVATE KEY-----***-----END PRIVATE KEY----- end'],
    ['PEM block without its end', PEM.slice(0, 50), '-----BEGIN PRIVATE KEY-----***'],
    ['PEM block in JSON', JSON.stringify({ key: PEM }), '{"key":"-----BEGIN PRIVATE KEY-----***-----END PRIVATE KEY-----"}'],
  ])('a %s', (_what, text, expected) => expect(redact(text)).toBe(expected))
})

test.each([
  'http://h1:3000,h2:3000/a@b and http://[::1]:80/a@b',
  'at http://localhost:3000/@scope/x.js:1:2',
  'http://localhost:3000/readyz',
  'file:///app/node_modules/@keelson/node/index.js:3:1',
  'mail me@example.com about https://example.com/@me',
  'Unexpected token } in JSON at position 7',
  'Unexpected token \'<\', "<!DOCTYPE "... is not valid JSON',
  'Bearer authentication failed: basic authentication is off',
  'WWW-Authenticate: Bearer realm="shop", error="x"',
  'npm_config_user_agent_is_long_enough is not set',
  'bypass=1&design=y, 3 tokens, passwords are checked',
  'the password is wrong; compass: 3',
  'task-list-of-a-very-long-name-indeed failed',
  'docker run --user root --port 80:80',
])('redact() leaves %s', (text) => expect(redact(text)).toBe(text))

describe('redact() of what nobody can read', () => {
  it('is the beginning, without a secret that was cut in two', () => {
    const text = redact(`no: {"token":"${'m'.repeat(9_000_000)}"}`)
    expect(text).toMatch(/^no: \{"token":"\*\*\*/)
    const cut = redact(`${'word '.repeat(3_270)}postgres://root:hunter2${'x'.repeat(200)}@db/shop`)
    expect(cut).not.toContain('hunter2')
    expect(cut).toMatch(/word … \(\d+ characters\)$/)
    expect(redact('word '.repeat(9_000)).length).toBeLessThanOrEqual(16_384)
  })

  it.each([
    [undefined, 'undefined was thrown'],
    [new Error('password=hunter2 is wrong'), 'password=*** is wrong'],
    [{ toString: () => 'token=abc' }, 'token=*** was thrown'],
    [
      {
        toString() {
          throw new Error('no')
        },
      },
      'a value that cannot be printed was thrown',
    ],
    [Object.create(null), 'a value that cannot be printed was thrown'],
  ])('is one line about a value that is no string', (value, expected) => expect(redact(value)).toBe(expected))
})
