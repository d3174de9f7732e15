import type { CheckResult } from '../../observe/snapshot.js'
import type { CaseRow } from '../stage/case-row.js'
import { pause } from '../stage/patience.js'

/** By its impact on the kernel. */
const AWAY = ['unready', 'degraded'] as const
/** Milliseconds until what a driver does by itself has begun, such as heartbeats. */
const SETTLED = 1_000
/** Never by itself: only what the driver tells changes the health. */
const QUIET = { interval: 3_600_000 }
/** Often, so that what only checks notice is noticed soon. */
const OFTEN = { interval: 50 }

/** What it does while the server is away, answers nothing or has no room, and when it is back. */
export const OUTAGE: readonly CaseRow[] = [
  {
    name: 'tells at once that its server is gone, and that it is back',
    rule: 'B4',
    async play(stage) {
      const { kernel, resource, value } = await stage.running({ monitor: QUIET })
      await pause(SETTLED)
      const gone = stage.probed(kernel, AWAY, 'a resource to tell that its server is gone, without a check')
      await Promise.all([stage.proxy.refuse(), gone])
      stage.figures.unreadyMs = await gone
      const back = stage.probed(kernel, ['ready'], 'a resource to tell that its server is back, without a check')
      await Promise.all([stage.proxy.forward(), back])
      stage.figures.readyMs = await back
      await stage.answers(kernel, resource, 'a resource to answer once its server is back')
      if (stage.subject.recovers === 'by restart') return
      stage.expect(kernel.get(resource) === value, 'its value to stay the same through an outage', () => 'another one')
    },
  },
  {
    name: 'comes back when its connections were cut',
    rule: 'B6',
    async play(stage) {
      const { kernel, resource } = await stage.running({ monitor: OFTEN })
      stage.proxy.cut()
      await stage.answers(kernel, resource, 'a resource to answer again once its connections were cut')
      await stage.probed(kernel, ['ready'], 'a resource to be healthy again once its connections were cut')
    },
  },
  {
    name: 'comes back when its server was killed',
    rule: 'B6',
    async play(stage) {
      const { kernel, resource } = await stage.running({ monitor: OFTEN })
      try {
        await Promise.all([
          stage.subject.server.kill(),
          stage.probed(kernel, AWAY, 'a resource to be unhealthy whose server was killed'),
        ])
        await pause(1_000) // longer than a driver tries in a row
      } finally {
        await stage.subject.server.start()
      }
      stage.figures.readyMs = await stage.probed(kernel, ['ready'], 'a resource to be healthy again when its server is')
      await stage.answers(kernel, resource, 'a resource to answer again when its server does')
    },
  },
  {
    name: 'notices a server that answers nothing, by checks that end',
    rule: 'B5',
    async play(stage) {
      const { kernel, resource } = await stage.running({ timeouts: { check: 250, start: 5_000 }, monitor: OFTEN })
      const unready = stage.probed(kernel, AWAY, 'a resource to be unhealthy whose server answers nothing')
      const failed = stage.failedChecks(
        kernel,
        stage.subject.recovers === 'by restart' ? 1 : 5,
        'a check to fail when its server answers nothing',
      )
      stage.proxy.wedge()
      const [, errors] = await Promise.all([unready, failed])
      // Of checks that do not end, the kernel lets three be open.
      const open = errors.find(({ details }) => 'open' in details)
      stage.expect(open === undefined, 'a check to end, at the latest when its signal aborts', () => open?.message ?? '')
      stage.figures.sockets = stage.proxy.open
      await stage.proxy.forward()
      await stage.probed(kernel, ['ready'], 'a resource to be healthy again when its server answers')
      await stage.answers(kernel, resource, 'a resource to answer again when its server does')
    },
  },
  {
    name: 'does not take exhaustion for an outage',
    rule: 'B5',
    missing: ({ exhaust }) => (exhaust === undefined ? 'exhaust() is not given' : undefined),
    async play(stage) {
      const { kernel, resource, value } = await stage.running({ timeouts: { check: 1_000 } })
      const giveBack = await stage.subject.exhaust!(value)
      const checks: CheckResult[] = []
      for (let n = 0; n < 4; n++) {
        const checked = kernel.check(resource)
        checks.push(...(await stage.inTime(checked, 'a check to end while no slot is free', () => 'it waits')))
      }
      const { status, reasons } = kernel.probe()
      await giveBack()
      stage.expect(
        status === 'ready' || status === 'degraded',
        'a resource whose slots are all in use to be full, not unhealthy',
        () => [status, ...reasons.map(({ message }) => message)].join('; '),
      )
      stage.expect(
        checks.every(({ ok }) => ok),
        'a check to pass while no slot is free',
        () => checks.find(({ ok }) => !ok)?.error ?? '',
      )
      await stage.answers(kernel, resource, 'a resource to answer once slots are free again')
    },
  },
]
