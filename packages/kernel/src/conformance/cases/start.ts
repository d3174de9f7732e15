import type { StartError } from '../../observe/report.js'
import type { CaseRow } from '../stage/case-row.js'
import { comesTo, pause } from '../stage/patience.js'
import type { Stage } from '../stage/stage.js'
import type { ConformanceRefusal, ConformanceSubject } from '../stage/subject.js'

/** Beyond its own timeout, for what a busy machine and the rollback need. */
const GRACE = 5_000
/** Each try soon after the other. */
const RETRY = { delay: 50, maxDelay: 200 }

/** What its start does when the server is not as it should be. */
export const START: readonly CaseRow[] = [
  {
    name: 'waits for a server that comes up late',
    rule: 'B1',
    async play(stage) {
      await stage.proxy.refuse()
      const resource = stage.make({ retry: RETRY })
      const kernel = stage.kernelOf(resource)
      const started = stage.started(kernel, 'a start whose server comes up late to succeed')
      await Promise.race([started, pause(600)]) // a first try has failed by then
      await stage.proxy.forward()
      await started
      await stage.answers(kernel, resource, 'a resource to answer whose server came up late')
    },
  },
  {
    name: 'says why when there is no server',
    rule: 'B2',
    async play(stage) {
      const start = 2_000
      await stage.proxy.refuse()
      const kernel = stage.kernelOf(stage.make({ timeouts: { start }, retry: RETRY }))
      const asked = performance.now()
      const error = await stage.startErrorOf(kernel, 'a start without a server to fail')
      endsInTime(stage, performance.now() - asked, start)
      givesReason(stage, error, stage.subject.unreachable ?? /ECONNREFUSED/)
      await stage.proxy.forward()
      await comesTo(() => stage.proxy.accepted > 0, 1_500)
      const { accepted } = stage.proxy
      stage.expect(accepted === 0, 'a start that has failed to connect no more', () => `${accepted} connections after it`)
    },
  },
  {
    name: 'gives up a server that answers nothing',
    rule: 'B2',
    async play(stage) {
      const start = 1_000
      stage.proxy.wedge()
      const kernel = stage.kernelOf(stage.make({ timeouts: { start } }))
      const asked = performance.now()
      await stage.startErrorOf(kernel, 'a start to fail whose server accepts connections and says nothing')
      endsInTime(stage, performance.now() - asked, start)
      await stage.leavesNothing()
    },
  },
  {
    name: 'ends its start at once when the kernel is shut down',
    rule: 'B3',
    async play(stage) {
      stage.proxy.wedge()
      const kernel = stage.kernelOf(stage.make({ timeouts: { start: 2 * stage.patience } }))
      const failed = kernel.start().catch((error: unknown) => void stage.said.push(error))
      await stage.until(
        () => stage.proxy.accepted > 0,
        'a start to connect',
        () => 'no connection to the address that was given',
      )
      const { ms } = await stage.shutdown(kernel, 'a shutdown to end a start that waits for its server')
      stage.expect(ms < GRACE, `a start to end within ${GRACE} ms of its signal`, () => `${Math.round(ms)} ms`)
      await failed
      await stage.leavesNothing()
    },
  },
  refused('credentials', 'says that its credentials are refused'),
  refused('withoutTls', 'says that the server wants TLS'),
  refused('database', 'says that its database does not exist'),
]

function refused(what: keyof NonNullable<ConformanceSubject<unknown>['refused']>, name: string): CaseRow {
  const of = ({ refused }: ConformanceSubject<unknown>): ConformanceRefusal<unknown> | undefined => refused?.[what]
  return {
    name,
    rule: 'B2',
    missing: (subject) => (of(subject) === undefined ? `refused.${what} is not given` : undefined),
    async play(stage) {
      const { make, says } = of(stage.subject)!
      const start = 4_000
      const kernel = stage.kernelOf(stage.make({ timeouts: { start }, retry: { attempts: 2, delay: 50 } }, make))
      const asked = performance.now()
      const error = await stage.startErrorOf(kernel, 'a start that the server refuses to fail')
      endsInTime(stage, performance.now() - asked, start)
      givesReason(stage, error, says)
    },
  }
}

function endsInTime(stage: Stage<unknown>, ms: number, limit: number): void {
  stage.figures.startMs = Math.round(ms)
  stage.expect(ms < limit + GRACE, `a start to end within its timeout of ${limit} ms`, () => `${Math.round(ms)} ms`)
}

/** The driver's own reason, in the one line that is told of the start. */
function givesReason(stage: Stage<unknown>, { errors }: StartError, says: RegExp): void {
  const message = errors[0]?.message ?? ''
  stage.expect(says.test(message), `the error of the start to have the driver's own reason, ${says}`, () => message)
  stage.expect(!message.includes('\n'), 'the error of the start to be one line', () => JSON.stringify(message))
}
