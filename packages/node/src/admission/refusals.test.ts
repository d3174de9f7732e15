import { createKernel, type Kernel, resource } from '@keelson/kernel'
import { expect, test } from 'vitest'
import { sayRefusals } from '../run/refusal-lines.js'
import { keepEntries } from '../test-support/said.js'
import { later } from '../test-support/serve.js'
import { onRefusals, Refusals } from './refusals.js'

const started = (name: string) => createKernel([resource('api', { start: () => 1 })], { name }).start()

/** What is told of the refusals of `kernel`. */
function heard(kernel: Kernel) {
  const log: string[] = []
  const quit = onRefusals(kernel, {
    began: (resource, reason) => log.push(`${resource}: ${reason}`),
    ended: (resource, refused) => log.push(`${resource}: ${refused} in all`),
  })
  return { log, quit }
}

test('N4 refusals are told when they begin and when they are over, to whom it concerns', async () => {
  const [shop, other] = await Promise.all([started('shop'), started('other')])
  const [ours, theirs] = [heard(shop), heard(other)]
  const refusals = new Refusals(shop, 'api', 50)
  let asked = 0
  const reason = () => `${++asked} are in flight`
  for (let i = 0; i < 3; i++) refusals.happened(reason)
  expect(ours.log).toEqual(['api: 1 are in flight'])
  await expect.poll(() => ours.log).toEqual(['api: 1 are in flight', 'api: 3 in all'])
  refusals.happened(reason)
  refusals.end()
  refusals.end()
  await later(100)
  expect(ours.log.slice(2)).toEqual(['api: 2 are in flight', 'api: 1 in all'])
  expect(theirs.log).toEqual([])
  ours.quit()
  refusals.happened(reason)
  refusals.end()
  expect(ours.log).toHaveLength(4)
  theirs.quit()
  await Promise.all([shop.shutdown(), other.shutdown()])
})

test('N4 run() says so in one line each', async () => {
  const kernel = await started('shop')
  const { lines, say } = keepEntries()
  const quit = sayRefusals(kernel, say)
  const refusals = new Refusals(kernel, 'api')
  refusals.happened(() => '200 are in flight, the most that may be')
  refusals.end()
  expect(lines[0]).toBe('warn: api refuses requests: 200 are in flight, the most that may be')
  expect(lines[1]).toMatch(/^info: api refuses no more; it refused 1 request in .*ms$/)
  quit()
  await kernel.shutdown()
})
