import { afterAll, expect, it, test } from 'vitest'
import { conformance } from './conformance.js'
import type { ConformanceResult } from './stage/subject.js'
import { subject } from './test-support/echo.js'
import { EchoServer } from './test-support/echo-server.js'

const server = new EchoServer()
await server.start()
afterAll(() => server.kill())

const results: ConformanceResult[] = []
const cases = conformance(subject(server, { report: (result) => void results.push(result) }))
for (const { name, run } of cases) test(`a good resource: ${name}`, run, 120_000)

it('tells how each case came out, with what was measured', () => {
  expect(results.map((result) => result.case)).toEqual(cases.map(({ name }) => name))
  expect(new Set(results.map(({ outcome }) => outcome))).toEqual(new Set(['passed']))
  const { figures, durationMs } = results.find((result) => result.case.startsWith('tells at once'))!
  expect(figures).toEqual({ unreadyMs: expect.any(Number), readyMs: expect.any(Number) })
  expect(durationMs).toBeGreaterThan(0)
})

it('leaves out what a subject has nothing to show for, and what it excepts, and tells why', () => {
  const { refused: _, exhaust: __, secrets: ___, ...bare } = subject(server)
  const told: ConformanceResult[] = []
  const except = { 'comes back when its server was killed': 'its server is never killed' }
  const left = conformance({ ...bare, except, report: (result) => void told.push(result) })
  expect(told.map((result) => [result.case, result.outcome, result.why])).toEqual([
    ['says that its credentials are refused', 'not asked', 'refused.credentials is not given'],
    ['says that the server wants TLS', 'not asked', 'refused.withoutTls is not given'],
    ['says that its database does not exist', 'not asked', 'refused.database is not given'],
    ['comes back when its server was killed', 'left out', 'its server is never killed'],
    ['does not take exhaustion for an outage', 'not asked', 'exhaust() is not given'],
    ['stops in time when what was taken is never given back', 'not asked', 'exhaust() is not given'],
    ['says nothing secret', 'not asked', 'secrets are not given'],
  ])
  expect(left.length + told.length).toBe(cases.length)
})

it('refuses to except what is no case', () => {
  expect(() => conformance(subject(server, { except: { 'runs for ever': 'it does not' } }))).toThrow(
    'conformance: except names no case: runs for ever',
  )
})
