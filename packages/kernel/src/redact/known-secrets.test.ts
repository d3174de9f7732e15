import { describe, expect, it, test } from 'vitest'
import { knownSecrets } from './known-secrets.js'

const SECRET = 'p w/"1"'

describe('knownSecrets().redact()', () => {
  const secrets = knownSecrets([SECRET, 'abc', 'hunter2', undefined, 7, 'hunter2-and-more', 'q%2Fr%20s'])

  test.each([
    ['as it is written', `no ${SECRET} here`, 'no *** here'],
    ['percent-encoded', `no ${encodeURIComponent(SECRET)} here`, 'no *** here'],
    ['encoded as a form', 'no p+w%2F%221%22 here', 'no *** here'],
    ['in JSON', `no ${JSON.stringify(SECRET)} here`, 'no "***" here'],
    ['decoded', 'no q/r s here', 'no *** here'],
    ['the longest first', 'no hunter2-and-more here', 'no *** here'],
    ['besides shapes', 'hunter2 and token=x1', '*** and token=***'],
    ['not what is too short', 'abc', 'abc'],
  ])('masks a value %s', (_how, text, expected) => expect(secrets.redact(text)).toBe(expected))

  it('leaves no part of a value that stands where a long text is cut', () => {
    for (let gap = 0; gap < 40; gap++) {
      const text = secrets.redact(`${'x '.repeat(8_160)}${' '.repeat(gap)}hunter2-and-more ${'y '.repeat(200)}`)
      expect(text).not.toMatch(/hun|more/)
    }
  })
})

describe('knownSecrets().hide()', () => {
  const { hide } = knownSecrets(['hunter2'])

  it('leaves an error that contains none of them', () => {
    const error = new Error('no', { cause: { a: [new Map([['b', 'c']])] } })
    expect(hide(error)).toBe(error)
    expect(hide(undefined)).toBe(undefined)
  })

  it.each([
    ['the message', new Error('hunter2 is wrong')],
    ['a cause of a cause', new Error('no', { cause: new Error('x', { cause: new Error('hunter2') }) })],
    ['an error of several', new AggregateError([new Error('hunter2')], 'no')],
    ['a field', Object.assign(new Error('no'), { options: { auth: { password: 'hunter2' } } })],
    ['a map', Object.assign(new Error('no'), { servers: new Map([['a', { url: 'x://u:hunter2@h' }]]) })],
    ['a symbol', Object.assign(new Error('no'), { [Symbol('options')]: ['hunter2'] })],
  ])('makes a copy without a cause of one with a known value in %s', (_where, error) => {
    const hidden = hide(Object.assign(error, { code: 'ENO' })) as Error & { code: string }
    expect(hidden).not.toBe(error)
    expect(hidden).toMatchObject({ name: error.name, code: 'ENO', message: error.message.replace('hunter2', '***') })
    expect([hidden.cause, hidden.stack].join()).not.toContain('hunter2')
  })

  it('hides what cannot be read, and ends with what goes round in a circle', () => {
    const unreadable = new Proxy(new Error('x'), {
      get() {
        throw new Error('hunter2')
      },
    })
    expect(hide(unreadable)).toMatchObject({ message: expect.any(String) })
    const circle: { self?: unknown } & Error = new Error('no')
    circle.self = circle
    circle.cause = circle
    expect(hide(circle)).toBe(circle)
  })

  it('does nothing where nothing is known', () => {
    const error = new Error('password=x')
    expect(knownSecrets([]).hide(error)).toBe(error)
  })
})
