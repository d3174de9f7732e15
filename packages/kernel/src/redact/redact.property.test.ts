import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { knownSecrets } from './known-secrets.js'
import { printable } from './printable.js'
import { maskShapes, redact } from './redact.js'

const PIECES = [
  ...'"\'`\\:=@,;&?/#{}[]()<>|%. \n\t*'.split(''),
  ...['://', '%3A%2F%2F', '%40', '-----BEGIN ', '-----END ', '-----', 'password', 'token', 'Authorization', 'Cookie', 'value'],
  ...[
    'Bearer ',
    'Basic ',
    'Digest ',
    '--token ',
    '-u ',
    'user',
    'eyJabcdefgh',
    'ghp_',
    'sk-',
    'abc123',
    'x',
    '\\"',
    '***',
    'pass',
  ],
]
const texts = fc.array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: 'binary', maxLength: 3 })), { maxLength: 40 })
const text = texts.map((pieces) => pieces.join(''))

test('redact() answers with a string, whatever it is given, and never throws', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.anything({ withNullPrototype: true, withBigInt: true }), text),
      (value) => typeof redact(value) === 'string',
    ),
  )
})

test('a password is never in what redact() makes of a URL', () => {
  const word = fc.stringMatching(/^[a-z]{1,8}$/)
  fc.assert(
    fc.property(text, word, fc.constantFrom(' ', '\n', '"', "'"), (before, user, gap) => {
      expect(redact(`${before}${gap}pg://${user}:Zq7Zq7Zq7@host/x`)).not.toContain('Zq7')
    }),
    { numRuns: 500 },
  )
})

test('printable() is one line, and the same when it is made printable once more', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      const line = printable(value)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: there must be none.
      expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/)
      expect(printable(line)).toBe(line)
    }),
  )
})

describe.each([
  '"',
  "'",
  '\\',
  'a:',
  '://',
  'a://a:b',
  'a:a@',
  '%3a%2f%2f',
  'token="',
  'token=\\"',
  'token={',
  'token=[',
  '"token":["',
  'token:',
  '"token" , ',
  '-token ',
  'token-',
  'token=,',
  ';pwd=a',
  'token=;a',
  'Authorization: Bearer ',
  'Authorization: "',
  '"Cookie: ',
  'cookie:\\',
  'bearer ',
  'digest ',
  'basic\t',
  '-----BEGIN ',
  '-----BEGIN -----',
  'eyJ',
  'eyJ-',
  'SG.',
  'eyJabcdef.a',
  'ghp_',
  'sk-',
  ' -u ',
  ' -u a:',
  '--',
  ' ',
  '\n',
])('of %j, again and again,', (piece) => {
  it('8 MB are redacted', () => {
    const long = piece.repeat(8_000_000 / piece.length)
    expect(redact(long).length).toBeLessThanOrEqual(16_384)
    expect(knownSecrets(['hunter2', '"""""', '\\\\\\\\']).redact(long).length).toBeLessThanOrEqual(16_384)
  })

  it('32 times as many take about 32 times as long', () => {
    const once = piece.repeat(Math.ceil(15_000 / piece.length))
    const many = once.repeat(32)
    const time = (value: string) => {
      const begun = performance.now()
      maskShapes(value)
      return performance.now() - begun
    }
    maskShapes(once)
    // Were it quadratic, the factor would be 1,024. The least of several runs is what it takes; a busy machine gets more of them.
    let [least, leastOfMany] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
    for (let runs = 0; runs < 3 || (runs < 20 && leastOfMany / Math.max(least, 0.2) >= 256); runs++) {
      least = Math.min(least, time(once))
      leastOfMany = Math.min(leastOfMany, time(many))
    }
    expect(leastOfMany / Math.max(least, 0.2)).toBeLessThan(256)
  })
})
