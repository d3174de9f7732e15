import { LIFE } from './cases/life.js'
import { OUTAGE } from './cases/outage.js'
import { START } from './cases/start.js'
import { STOP } from './cases/stop.js'
import { TRACES } from './cases/traces.js'
import type { CaseRow } from './stage/case-row.js'
import { Stage } from './stage/stage.js'
import type { ConformanceCase, ConformanceResult, ConformanceSubject } from './stage/subject.js'

const ROWS: readonly CaseRow[] = [...LIFE, ...START, ...OUTAGE, ...STOP, ...TRACES]

/**
 * What every resource for a real server must do, as cases for any test runner. Each case has a TCP proxy of its own in front of the server,
 * and looks through all that was said for `secrets`, for errors that reached the process, and for sockets that are left.
 *
 * @throws TypeError for a name in `except` that no case has.
 *
 * @example
 * const server = await postgresServer()
 * afterAll(() => server.stop())
 *
 * const cases = conformance({
 *   name: 'postgres() on pg',
 *   server,
 *   make: (name, { host, port }, options) => postgres(name, { url: `postgres://ada:s3cret@${host}:${port}/shop`, ...options }),
 *   use: (pool) => pool.query('select 1'),
 *   secrets: ['s3cret'],
 * })
 * for (const { name, run } of cases) test(name, run, 120_000)
 */
export function conformance<T>(subject: ConformanceSubject<T>): readonly ConformanceCase[] {
  const { except = {} } = subject
  const unknown = Object.keys(except).filter((name) => !ROWS.some((row) => row.name === name))
  if (unknown.length > 0) throw new TypeError(`conformance: except names no case: ${unknown.join(', ')}`)
  return ROWS.flatMap((row) => {
    const any = subject as ConformanceSubject<unknown>
    const left = except[row.name]
    const why = left ?? row.missing?.(any)
    if (why === undefined) return [{ name: row.name, rule: row.rule, run: () => inTurn(() => play(row, any)) }]
    any.report?.(resultOf(row, any, { outcome: left === undefined ? 'not asked' : 'left out', why }))
    return []
  })
}

let last: Promise<unknown> = Promise.resolve()

/** One after the other, whatever the runner does: cases count what is in the process, and kill the server. */
function inTurn(work: () => Promise<void>): Promise<void> {
  const done = last.then(work)
  last = done.catch(() => {})
  return done
}

async function play(row: CaseRow, subject: ConformanceSubject<unknown>): Promise<void> {
  const begun = performance.now()
  const stage = await Stage.open(subject, row.rule)
  const tell = (outcome: Partial<ConformanceResult>) =>
    subject.report?.(resultOf(row, subject, { durationMs: performance.now() - begun, figures: stage.figures, ...outcome }))
  try {
    await stage.leaks.follow(async () => {
      await row.play(stage)
      await stage.verify()
    })
    tell({ outcome: 'passed' })
  } catch (error) {
    tell({ outcome: 'failed', why: String(error) })
    throw error
  } finally {
    await stage.close()
  }
}

function resultOf(
  { name, rule }: CaseRow,
  subject: ConformanceSubject<unknown>,
  rest: Partial<ConformanceResult>,
): ConformanceResult {
  return { subject: subject.name, case: name, rule, outcome: 'failed', durationMs: 0, figures: {}, ...rest }
}
