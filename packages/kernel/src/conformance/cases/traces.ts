import type { CaseRow } from '../stage/case-row.js'
import { pause } from '../stage/patience.js'

const RESTARTS = 100
/** What a first few restarts may set up once and for all: caches, timers that are shared. */
const WARM_UP = 10
/** Fewer than one in ten restarts. */
const MOST = 8

/** What it leaves in the process and in what is said. */
export const TRACES: readonly CaseRow[] = [
  {
    name: `leaves nothing behind after ${RESTARTS} restarts`,
    rule: 'B9',
    async play(stage) {
      const { kernel, resource } = await stage.running()
      const count = () => ({ sockets: stage.proxy.open, timers: stage.leaks.timers, listeners: stage.process.added.length })
      const began = performance.now()
      let before = count()
      for (let n = 1; n <= RESTARTS; n++) {
        await stage.inTime(kernel.restart(resource), 'a restart to succeed', () => `restart ${n} goes on`)
        if (n === WARM_UP) before = count()
      }
      stage.figures.restartMs = Math.round((performance.now() - began) / RESTARTS)
      const grown = () => Object.entries(count()).filter(([what, n]) => n > before[what as keyof typeof before] + MOST)
      await stage.until(
        () => grown().length === 0,
        `no more sockets, timers and listeners after ${RESTARTS} restarts than after ${WARM_UP}`,
        () => {
          const more = grown().map(([what, n]) => `${n} ${what} instead of ${before[what as keyof typeof before]}`)
          return [...more, `most timers were set by ${stage.leaks.mostTimers}`].join(', ')
        },
      )
      await stage.answers(kernel, resource, `a resource to answer after ${RESTARTS} restarts`)
    },
  },
  {
    name: 'keeps its errors from the process',
    rule: 'B10',
    async play(stage) {
      const { kernel, resource } = await stage.running({ monitor: { interval: 50 } })
      for (let n = 0; n < 6; n++) {
        const asked = [1, 2, 3].map(async () => await stage.subject.use(kernel.get(resource)))
        for (const each of asked) each.catch((error: unknown) => stage.said.push(error))
        await pause(n * 5)
        if (n % 2 === 0) await stage.proxy.refuse()
        else stage.proxy.cut()
        await pause(50)
        await stage.proxy.forward()
        await stage.probed(kernel, ['ready'], 'a resource to be healthy again')
      }
      await stage.proxy.refuse()
    },
  },
  {
    name: 'leaves signals and the end of the process to the application',
    rule: 'B10',
    async play(stage) {
      const { kernel } = await stage.running({ monitor: { interval: 50 } })
      const gone = stage.probed(kernel, ['unready', 'degraded'], 'a resource to be unhealthy whose server is gone')
      await Promise.all([stage.proxy.refuse(), gone])
      const { added } = stage.process
      stage.expect(added.length === 0, 'no listener on the process', () => `listeners of ${added.join(', ')}`)
    },
  },
  {
    name: 'says nothing secret',
    rule: 'B11',
    missing: ({ secrets = [] }) => (secrets.length === 0 ? 'secrets are not given' : undefined),
    async play(stage) {
      await stage.proxy.refuse()
      const retry = { attempts: 2, delay: 20 }
      const failing = stage.kernelOf(stage.make({ timeouts: { start: 1_000 }, retry }))
      await stage.startErrorOf(failing, 'a start without a server to fail')
      await stage.proxy.forward()
      for (const { make } of Object.values(stage.subject.refused ?? {})) {
        const refused = stage.kernelOf(stage.make({ timeouts: { start: 4_000 }, retry }, make))
        await stage.startErrorOf(refused, 'a start that the server refuses to fail')
      }
      const { kernel, resource } = await stage.running({ timeouts: { check: 200, stop: 500 }, monitor: { interval: 20 } })
      stage.proxy.wedge()
      await stage.failedChecks(kernel, 2, 'checks to fail when their server answers nothing')
      await stage.proxy.refuse()
      await Promise.resolve(kernel.check(resource)).catch((error: unknown) => stage.said.push(error))
      await stage.shutdown(kernel)
    },
  },
]
