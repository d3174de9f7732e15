import type { ShutdownReport } from '@keelson/kernel'
import { expect, it } from 'vitest'
import { shutdownSummary } from './shutdown-summary.js'

const report: ShutdownReport = { reason: 'SIGTERM', ok: true, durationMs: 14, outcomes: [], errors: [] }

it.each([
  [25_000, 'shop stopped in 14 ms of 25 s'],
  [0, 'shop stopped in 14 ms'],
  [Infinity, 'shop stopped in 14 ms'],
])('says of how much time it was, where there was a limit: %d', (budget, text) => {
  const { message, lines } = shutdownSummary('shop', report, budget, 0)
  expect(message).toBe(`${text}, exit code 0`)
  expect(lines?.[0]).toBe(`${text.padEnd(46)} exit code 0`)
})
