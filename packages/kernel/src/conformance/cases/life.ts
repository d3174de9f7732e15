import { replace } from '../../define/replacement.js'
import type { CaseRow } from '../stage/case-row.js'
import { pause } from '../stage/stage.js'

/** What every resource does when nothing is wrong. */
export const LIFE: readonly CaseRow[] = [
  {
    name: 'starts, answers, stops and leaves no socket',
    rule: 'B1',
    async play(stage) {
      const { kernel, resource } = await stage.running()
      const { status } = kernel.probe()
      stage.expect(status === 'ready', 'the kernel to be ready once it runs', () => `the probe is ${status}`)
      await stage.answers(kernel, resource, 'a running resource to answer')
      const { report } = await stage.shutdown(kernel, 'a shutdown with nothing in flight to end')
      stage.expect(report.ok, 'a shutdown with nothing in flight to go well', () => String(report.errors[0]))
    },
  },
  {
    name: 'does nothing before it starts',
    rule: 'B12',
    async play(stage) {
      const kernel = stage.kernelOf(stage.make())
      kernel.plan()
      await pause(100)
      const { accepted } = stage.proxy
      stage.expect(accepted === 0, 'a definition to connect to nothing', () => `${accepted} connections before the start`)
    },
  },
  {
    name: 'starts again after a shutdown',
    rule: 'B12',
    async play(stage) {
      const { kernel, resource } = await stage.running()
      await stage.shutdown(kernel, 'a shutdown with nothing in flight to end')
      await stage.inTime(kernel.start(), 'a second start to be over')
      await stage.answers(kernel, resource, 'a resource to answer after its second start')
    },
  },
  {
    name: 'runs in two kernels at the same time',
    rule: 'B12',
    async play(stage) {
      const resource = stage.make()
      const kernels = [stage.kernelOf(resource), stage.kernelOf(resource)] as const
      await stage.inTime(Promise.all(kernels.map((kernel) => kernel.start())), 'two kernels to start')
      const [one, two] = kernels
      stage.expect(one.get(resource) !== two.get(resource), 'each kernel to have a value of its own', () => 'the same value')
      await stage.shutdown(one, 'a shutdown with nothing in flight to end')
      await stage.answers(two, resource, 'one kernel to go on when the other has stopped')
    },
  },
  {
    name: 'is replaced without a server',
    rule: 'B12',
    async play(stage) {
      const resource = stage.make()
      const fake = { fake: true } as never
      const kernel = stage.kernelOf(resource, [replace(resource, fake)])
      await stage.inTime(kernel.start(), 'a start with a replacement to be over')
      stage.expect(kernel.get(resource) === fake, 'the replacement to be the value', () => 'another one')
      const { accepted } = stage.proxy
      stage.expect(accepted === 0, 'a resource that is replaced to connect to nothing', () => `${accepted} connections`)
    },
  },
]
