import { afterAll, describe, expect, it } from 'vitest'
import { conformance } from './conformance.js'
import { ConformanceError } from './stage/conformance-error.js'
import { subject } from './test-support/echo.js'
import { EchoServer } from './test-support/echo-server.js'
import { FLAWS } from './test-support/flaws.js'

const server = new EchoServer()
await server.start()
afterAll(() => server.kill())

describe('a resource that', () => {
  it.each(FLAWS.map((flaw) => [flaw.flaw, flaw.in, flaw] as const))(
    '%s is found by "%s"',
    async (_flaw, name, { says, subject: flawed }) => {
      const found = conformance(subject(server, { patience: 4_000, ...flawed })).find((each) => each.name === name)
      const error = await found?.run().then(
        () => undefined,
        (error: unknown) => error,
      )
      expect(error).toBeInstanceOf(ConformanceError)
      expect((error as ConformanceError).message).toMatch(says)
      expect((error as ConformanceError).message).not.toMatch(/correct-horse|wr0ng-horse/)
    },
    60_000,
  )
})

it('has a flaw for every case', () => {
  const names = conformance(subject(server)).map(({ name }) => name)
  expect(names.filter((name) => !FLAWS.some((flaw) => flaw.in === name))).toEqual([])
})
