import type { ShutdownReport } from '../../observe/report.js'
import type { CaseRow } from '../stage/case-row.js'
import { pause } from '../stage/patience.js'
import type { Stage } from '../stage/stage.js'

/** Beyond its own timeouts, for what a busy machine needs. */
const GRACE = 5_000
/** How long the server takes for what is in flight: longer than a goodbye, and far less than a drain may take. */
const SLOW = 2_000
const TIMEOUTS = { drain: 1_000, stop: 2_000 }

/** What its drain, stop and kill do, whatever the server does. */
export const STOP: readonly CaseRow[] = [
  {
    name: 'finishes what is in flight when it is shut down',
    rule: 'B7',
    async play(stage) {
      const { kernel, value } = await stage.running()
      stage.proxy.wedge()
      const asked = Promise.resolve(stage.subject.use(value)).then(
        () => undefined,
        (error: unknown) => String(error),
      )
      await pause(50) // it is on its way
      const answered = pause(SLOW).then(() => stage.proxy.forward())
      const { report } = await stage.shutdown(kernel)
      await answered
      const failure = await stage.inTime(asked, 'what was in flight to be answered', () => 'nobody answers')
      stage.expect(failure === undefined, 'what was in flight to be finished before the stop', () => String(failure))
      stage.expect(report.ok, 'a shutdown with work in flight to go well', () => String(report.errors[0]))
    },
  },
  {
    name: 'stops without waiting for a server that is away',
    rule: 'B8',
    async play(stage) {
      const { kernel } = await stage.running({ timeouts: TIMEOUTS })
      await stage.proxy.refuse()
      await pause(100)
      const { report, ms } = await stage.shutdown(kernel)
      stage.figures.stopMs = Math.round(ms)
      if (stage.subject.recovers === 'by restart') {
        ended(stage, report, ms, ['stopped', 'never-started']) // it may be between two tries to come back
        return
      }
      ended(stage, report, ms, ['stopped'])
      stage.expect(report.ok, 'a stop without a server to go well', () => String(report.errors[0]))
    },
  },
  {
    name: 'stops in time when its server answers nothing',
    rule: 'B8',
    async play(stage) {
      const { kernel } = await stage.running({ timeouts: TIMEOUTS })
      stage.proxy.wedge()
      const { report, ms } = await stage.shutdown(kernel)
      stage.figures.stopMs = Math.round(ms)
      ended(stage, report, ms, ['stopped', 'killed'])
      await stage.leavesNothing()
    },
  },
  {
    name: 'gives up what is in flight when its time is over',
    rule: 'B8',
    async play(stage) {
      const { kernel, value } = await stage.running({ timeouts: TIMEOUTS })
      stage.proxy.wedge()
      const asked = Promise.resolve(stage.subject.use(value)).then(
        () => {},
        () => {},
      )
      await pause(50)
      const { report, ms } = await stage.shutdown(kernel)
      ended(stage, report, ms, ['stopped', 'killed'])
      await stage.leavesNothing()
      await stage.inTime(asked, 'whoever waits for an answer to be told when its connection is gone', () => 'somebody waits')
    },
  },
  {
    name: 'stops in time when what was taken is never given back',
    rule: 'B8',
    missing: ({ exhaust }) => (exhaust === undefined ? 'exhaust() is not given' : undefined),
    async play(stage) {
      const { kernel, value } = await stage.running({ timeouts: TIMEOUTS })
      const giveBack = await stage.subject.exhaust!(value)
      try {
        const { report, ms } = await stage.shutdown(kernel)
        ended(stage, report, ms, ['stopped', 'killed'])
        const [told] = report.outcomes.flatMap(({ note, work, error }) => note ?? work?.oldest[0]?.label ?? error?.message ?? [])
        stage.expect(told !== undefined, 'the report to say that something was never given back', () => 'not a word')
        await stage.leavesNothing()
      } finally {
        // Nobody needs it any more, but the server that the subject has made busy.
        await Promise.resolve(giveBack()).catch(() => {})
      }
    },
  },
]

function ended(stage: Stage<unknown>, { outcomes }: ShutdownReport, ms: number, allowed: readonly string[]): void {
  const other = outcomes.find(({ outcome }) => !allowed.includes(outcome))
  stage.expect(
    other === undefined,
    `every outcome to be ${allowed.join(' or ')}`,
    () => `${other?.resource} ${other?.outcome}: ${other?.error?.message}`,
  )
  const limit = TIMEOUTS.drain + TIMEOUTS.stop + 1_000 // and what a kill may take
  stage.expect(ms < limit + GRACE, `a shutdown to end within ${limit} ms`, () => `${Math.round(ms)} ms`)
}
