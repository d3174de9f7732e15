import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { processPool } from '../process/process-pool.js'
import { bundle } from '../test-support/bundle.js'
import { fixture, marked, runs } from '../test-support/fixture.js'
import { started } from '../test-support/kernels.js'
import { guard } from './guard.js'

const lineServer = fileURLToPath(new URL('../fixtures/line-server.mjs', import.meta.url))
let parent: Awaited<ReturnType<typeof bundle>>
beforeAll(async () => {
  parent = await bundle('parent')
})
afterAll(() => parent.remove())

describe('no child outlives the process that started it, not even one that ignores SIGTERM and its own child', () => {
  it.each(['exit', 'throw', 'abort', 'SIGTERM', 'SIGKILL'] as const)('[M3] when that ends by %s', async (how) => {
    const mark = `keelson-exit-${how}-${process.pid}-${Date.now()}`
    const program = spawn(process.execPath, [parent.path, lineServer], {
      env: { ...process.env, KEELSON_MARK: mark },
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    await once(program.stdout, 'data')
    // The program, two children, two grandchildren.
    expect(marked(`KEELSON_MARK=${mark}`)).toHaveLength(5)
    if (how === 'SIGTERM' || how === 'SIGKILL') program.kill(how)
    else program.stdin.write(how)
    await once(program, 'exit')
    await expect.poll(() => marked(`KEELSON_MARK=${mark}`), { timeout: 10_000 }).toEqual([])
  })

  it('when that ends by exit, without a guard', async () => {
    const mark = `keelson-exit-unguarded-${process.pid}-${Date.now()}`
    const program = spawn(process.execPath, [parent.path, lineServer], {
      env: { ...process.env, KEELSON_MARK: mark },
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    await once(program.stdout, 'data')
    const children = readFileSync(`/proc/${program.pid}/task/${program.pid}/children`, 'utf8').trim().split(' ')
    const shells = children.filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('/bin/sh'))
    expect(shells).toHaveLength(1)
    process.kill(Number(shells[0]), 'SIGKILL')
    program.stdin.write('exit')
    await once(program, 'exit')
    await expect.poll(() => marked(`KEELSON_MARK=${mark}`), { timeout: 10_000 }).toEqual([])
  })

  it('its guard is replaced when that is killed', async () => {
    const resource = processPool('servers', { servers: { a: fixture('line-server') }, keep: 1 })
    const kernel = await started([resource])
    const first = guard.pid!
    // One that ends in its first second cannot run, and is not tried again.
    await new Promise((resolve) => setTimeout(resolve, 1_100))
    process.kill(first, 'SIGKILL')
    await expect.poll(() => guard.pid, { timeout: 10_000 }).not.toBe(first)
    expect(runs(guard.pid!)).toBe(true)
    await kernel.shutdown()
    expect(guard.pid).toBeUndefined()
  })

  it('its guard delays no stop for long when somebody has halted it', async () => {
    const resource = processPool('servers', { servers: { a: fixture('line-server') } })
    const kernel = await started([resource])
    const pid = guard.pid!
    process.kill(pid, 'SIGSTOP')
    expect((await kernel.shutdown()).ok).toBe(true)
    expect(runs(pid)).toBe(false)
  })
})
