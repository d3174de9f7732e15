import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { later, runFixture } from './child.js'

/** Whether this user may make a process the first of a namespace. */
const unshare = spawnSync('unshare', ['--pid', '--fork', 'true']).status === 0

it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
  'S7 %s that comes before run() is kept: nothing is started, exit code 0',
  async (signal) => {
    const shop = runFixture('early')
    await shop.said(/loading\n/)
    shop.kill(signal)
    const { code, output } = await shop.ended
    expect(output).toContain('shop was not started, exit code 0')
    expect(output).toContain('run() returned 0; 0 listeners are left')
    expect(output).not.toContain('db was started')
    expect(code).toBe(0)
  },
)

it.runIf(unshare)('S7 it is kept for the first process of a container, too, where it would be lost', async () => {
  const shop = runFixture('early', {}, 'unshare', undefined, ['--pid', '--fork', '--kill-child', process.execPath])
  await shop.said(/loading\n/)
  const { pid } = shop.process
  const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')
  process.kill(Number(first), 'SIGTERM')
  const { code, output } = await shop.ended
  expect(output).toContain('shop was not started, exit code 0')
  expect(code).toBe(0)
})

it('S7 without a signal it leaves nothing behind', async () => {
  const shop = runFixture('early', { LOAD: 1 })
  await shop.said(/shop is ready/)
  shop.kill('SIGTERM')
  expect(await shop.ended).toMatchObject({ code: 0, output: expect.stringContaining('0 listeners are left') })
})

it('S7 a second SIGINT does not wait for run(), and one that run() does not handle does what it would have done', async () => {
  const impatient = runFixture('early', { LOAD: 50_000 })
  await impatient.said(/loading\n/)
  let code: number | null | undefined
  while (code === undefined) {
    impatient.kill('SIGINT')
    code = await Promise.race([impatient.ended.then(({ code }) => code), later(300).then(() => undefined)])
  }
  expect(code).toBe(130)
  const other = runFixture('early', { SIGNALS: 'SIGTERM' })
  await other.said(/loading\n/)
  other.kill('SIGHUP')
  expect(await other.ended).toMatchObject({ code: null, signal: 'SIGHUP' })
})
