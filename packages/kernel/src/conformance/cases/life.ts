import { replace } from '../../define/replacement.js'
import type { CaseRow } from '../stage/case-row.js'
import { pause } from '../stage/patience.js'

/** What it does when nothing is wrong. */
export const LIFE: readonly CaseRow[] = [
  {
    name: 'starts, answers, stops',
    rule: 'B1',
    async play(stage) {
      const { kernel } = await stage.running()
      const { status } = kernel.probe()
      stage.expect(status === 'ready', 'a kernel that runs to be ready', () => `the probe says ${status}`)
      stage.expect(stage.proxy.accepted > 0, 'a start to connect', () => 'no connection to the address that was given')
      const { report } = await stage.shutdown(kernel)
      stage.expect(report.ok, 'a shutdown with nothing in flight to go well', () => String(report.errors[0]))
    },
  },
  {
    name: 'does nothing before it starts',
    rule: 'B12',
    async play(stage) {
      stage.kernelOf(stage.make()).plan()
      await pause(100)
      const { accepted } = stage.proxy
      stage.expect(accepted === 0, 'a definition, and its plan, to connect to nothing', () => `${accepted} connections`)
    },
  },
  {
    name: 'starts again after a shutdown',
    rule: 'B12',
    async play(stage) {
      const { kernel, resource } = await stage.running()
      await stage.shutdown(kernel)
      await stage.started(kernel, 'a second start to succeed')
      await stage.answers(kernel, resource, 'a resource to answer after its second start')
    },
  },
  {
    name: 'runs in two kernels at the same time',
    rule: 'B12',
    async play(stage) {
      const resource = stage.make()
      const one = stage.kernelOf(resource)
      const two = stage.kernelOf(resource)
      await Promise.all([one, two].map((kernel) => stage.started(kernel, 'two kernels with the same resource to start')))
      stage.expect(one.get(resource) !== two.get(resource), 'each kernel to have a value of its own', () => 'the same value')
      await stage.shutdown(one)
      await stage.answers(two, resource, 'the other kernel to go on when one has stopped')
    },
  },
  {
    name: 'is replaced without a server',
    rule: 'B12',
    async play(stage) {
      const resource = stage.make()
      const fake: unknown = { fake: true }
      const kernel = stage.kernelOf(resource, [replace(resource, fake)])
      await stage.started(kernel, 'a start with a replacement to succeed')
      stage.expect(kernel.get(resource) === fake, 'the replacement to be the value', () => 'another one')
      await pause(100)
      const { accepted } = stage.proxy
      stage.expect(accepted === 0, 'a resource that is replaced to connect to nothing', () => `${accepted} connections`)
    },
  },
]
