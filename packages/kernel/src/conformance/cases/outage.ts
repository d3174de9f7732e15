import type { CaseRow } from '../stage/case-row.js'

/** Never by itself: only what the driver tells changes the health. */
const QUIET = { interval: 3_600_000 }

/** What it does while the server is away, and when it is back. */
export const OUTAGE: readonly CaseRow[] = [
  {
    name: 'waits for a server that comes up late',
    rule: 'B1',
    async play(stage) {
      await stage.proxy.refuse()
      const resource = stage.make({ retry: { delay: 50, maxDelay: 200 } })
      const kernel = stage.kernelOf(resource)
      const started = kernel.start()
      setTimeout(() => void stage.proxy.forward(), 400)
      await stage.inTime(started, 'a start whose server comes up late to succeed')
      await stage.answers(kernel, resource, 'a resource to answer whose server came up late')
    },
  },
  {
    name: 'tells at once that its server is gone, and that it is back',
    rule: 'B4',
    async play(stage) {
      const { kernel, resource, value } = await stage.running({ monitor: QUIET })
      await stage.answers(kernel, resource, 'a running resource to answer')
      const lost = stage.probed(kernel, ['unready', 'degraded'], 'a resource to say that its server is gone, without a check')
      await stage.proxy.refuse()
      stage.figures.unreadyMs = await lost
      const back = stage.probed(kernel, ['ready'], 'a resource to say that its server is back, without a check')
      await stage.proxy.forward()
      stage.figures.readyMs = await back
      await stage.answers(kernel, resource, 'a resource to answer once its server is back')
      if (stage.subject.recovers === 'by restart') return
      stage.expect(kernel.get(resource) === value, 'the value to stay the same through an outage', () => 'another one')
    },
  },
]
