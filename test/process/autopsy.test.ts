import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { later, runFixture } from './child.js'

function file(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'keelson-autopsy-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, name)
}

it('X9 a process that was killed in a shutdown is told of by the next, with who was stopping', async () => {
  const AUTOPSY = file('mark')
  const first = runFixture('hang', { AUTOPSY })
  await first.said(/shop is ready/)
  expect(existsSync(AUTOPSY)).toBe(false)
  first.kill('SIGTERM')
  await first.said(/SIGTERM: draining/)
  await later(1_500)
  first.kill('SIGKILL')
  await first.ended
  expect(existsSync(AUTOPSY)).toBe(true)

  const second = runFixture('hang', { AUTOPSY, STOP: 100 })
  await second.said(/shop is ready/)
  second.kill('SIGTERM')
  const { output } = await second.ended
  const line = JSON.parse(output.split('\n').find((line) => line.includes('process:autopsy'))!) as {
    msg: string
    afterMs: number
  }
  expect(line.msg).toMatch(
    /^the last process was killed \S+ s into a shutdown of 25 s, while db was stopping: raise the platform's grace or lower shutdown\.timeout$/,
  )
  expect(line).toMatchObject({ level: 40, kernel: 'shop', reason: 'SIGTERM', budgetMs: 25_000, stopping: ['db'] })
  expect(line.afterMs).toBeGreaterThan(500)
  expect(existsSync(AUTOPSY), 'after a shutdown that came to its end').toBe(false)
})

it('X9 a process that something ended in a shutdown is told of as such', async () => {
  const AUTOPSY = file('mark')
  const first = runFixture('hang', { AUTOPSY, LEAVE: 100 })
  await first.said(/shop is ready/)
  first.kill('SIGTERM')
  expect((await first.ended).code).toBe(3)
  const second = runFixture('hang', { AUTOPSY })
  await second.said(/the last process exited with code 3, \S+ ms into a shutdown of 25 s, while db was stopping"/)
})

it('X9 a start that fails leaves its last words', async () => {
  const LAST_WORDS = file('termination-log')
  const { code } = await runFixture('hang', { LAST_WORDS, FAIL: 1, STOP: 100 }).ended
  expect(code).toBe(1)
  const words = readFileSync(LAST_WORDS, 'utf8')
  expect(words).toMatch(/^shop did not start: resource "cache" failed to start: no answer from redis:\/\/:?\*\*\*@cache\//)
  expect(words).not.toContain('hunter2')
})
