import { describe, expect, it } from 'vitest'
import { redact } from './redact.js'

describe('redact()', () => {
  it.each([
    ['connect mongodb://root:hunter2@10.0.0.7:27017/shop failed', 'connect mongodb://***@10.0.0.7:27017/shop failed'],
    ['mongodb+srv://root:p@ss@cluster.example/', 'mongodb+srv://***@cluster.example/'],
    ['redis://:secret@localhost', 'redis://***@localhost'],
    ['https://token@github.com/x', 'https://***@github.com/x'],
    ['GET /x?api_key=abc123&page=2', 'GET /x?api_key=***&page=2'],
    ['{"password":"hunter2","user":"root"}', '{"password":"***","user":"root"}'],
    ['Authorization: Bearer abc.def', 'Authorization: Bearer ***'],
    ['Invalid URL: postgres://root:pa/ss?w#d@db:5432/shop', 'Invalid URL: postgres://***@db:5432/shop'],
    ['mongodb://root:12x/ab@h1:27017,h2:27017/x', 'mongodb://***@h1:27017,h2:27017/x'],
    ['http://h1:3000,h2:3000/a@b and http://[::1]:80/a@b', 'http://h1:3000,h2:3000/a@b and http://[::1]:80/a@b'],
    ['at http://localhost:3000/@scope/x.js:1:2', 'at http://localhost:3000/@scope/x.js:1:2'],
    ['{"password":"two words, \\"one\\"; end","user":"root"}', '{"password":"***","user":"root"}'],
    [String.raw`{"body":"{\"password\":\"two words\",\"n\":1}"}`, String.raw`{"body":"{\"password\":\"***\",\"n\":1}"}`],
    ["connect with Password='a;b c' failed", "connect with Password='***' failed"],
    [String.raw`password=dom\ain next`, 'password=*** next'],
    ['user=root&pass=hunter2&bypass=1', 'user=root&pass=***&bypass=1'],
    ['?X-Amz-Signature=abc&X-Amz-Credential=AK%2F1&sig=x&design=y', '?X-Amz-Signature=***&X-Amz-Credential=***&sig=***&design=y'],
    ['secret_key=sk_live_1 client_secret=2 passphrase: 3', 'secret_key=*** client_secret=*** passphrase: ***'],
    ['http://localhost:3000/readyz', 'http://localhost:3000/readyz'],
    ['file:///app/node_modules/@keelson/node/index.js:3:1', 'file:///app/node_modules/@keelson/node/index.js:3:1'],
    ['mail me@example.com about https://example.com/@me', 'mail me@example.com about https://example.com/@me'],
  ])('%s', (text, expected) => {
    expect(redact(text)).toBe(expected)
  })

  it('[O3] shortens what nobody can read, and takes secrets out of the rest', () => {
    const text = redact(`no: {"token":"${'m'.repeat(9_000_000)}"}`)
    expect(text.length).toBeLessThanOrEqual(16_384)
    expect(text).toMatch(/^no: \{"token":"\*\*\*/)
    const cut = redact(`${'word '.repeat(3_270)}postgres://root:hunter2${'x'.repeat(200)}@db/shop`)
    expect(cut).not.toContain('hunter2')
    expect(cut).toMatch(/word … \(\d+ characters\)$/)
  })
})
