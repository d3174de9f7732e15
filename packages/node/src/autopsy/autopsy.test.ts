import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { createKernel, type Kernel, resource } from '@keelson/kernel'
import { describe, expect, it, onTestFinished } from 'vitest'
import { keepEntries } from '../test-support/said.js'
import { temporaryFolder } from '../test-support/temporary-folder.js'
import { Autopsy } from './autopsy.js'
import { lives, type Mark, readMark, thisWriter } from './mark.js'
import { filesOf, MarkFile } from './mark-file.js'

const self = thisWriter()
const mark = (changes: Partial<Mark> = {}): Mark => ({
  keelson: 'shutdown',
  kernel: 'shop',
  reason: 'SIGTERM',
  budgetMs: 25_000,
  afterMs: 10_012,
  stopped: false,
  draining: [],
  stopping: ['db'],
  count: 1,
  by: { ...self, started: 'before' },
  ...changes,
})

interface Scene {
  readonly folder: string
  readonly path: string
  readonly lines: string[]
  readonly autopsy: Autopsy
  readonly kernel: Kernel
  left(): string[]
  read(file?: string): Mark
}

/** A kernel with two resources of which one hangs in its stop until it is let go. */
function scene(before: unknown = undefined, folder = temporaryFolder()): Scene & { release(): void } {
  let release = () => {}
  const hanging = new Promise<void>((resolve) => {
    release = resolve
  })
  const db = resource('db', { start: () => 1, stop: () => hanging })
  const api = resource('api', { dependsOn: { db }, start: () => 1, stop: () => {} })
  const kernel = createKernel([api], { name: 'shop' })
  const path = join(folder, 'mark')
  if (before !== undefined) writeFileSync(path, typeof before === 'string' ? before : JSON.stringify(before))
  const { lines, say } = keepEntries()
  const autopsy = new Autopsy(kernel, path, say)
  onTestFinished(async () => {
    release()
    autopsy.end()
    await kernel.shutdown()
  })
  return {
    folder,
    path,
    lines,
    autopsy,
    kernel,
    release,
    left: () => readdirSync(folder).sort(),
    read: (file = 'mark') => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Mark,
  }
}

describe('X9 the mark of a shutdown', () => {
  it('is there from its beginning to the end of run(), and says who is stopping', async () => {
    const { autopsy, kernel, left, read, release, lines } = scene()
    const exits = process.listenerCount('exit')
    autopsy.begin()
    await kernel.start()
    expect(left()).toEqual([])
    const stopped = kernel.shutdown('SIGTERM of postgres://root:hunter2@db/')
    expect(left()).toEqual(['mark'])
    await expect.poll(() => read().stopping, { timeout: 10_000 }).toEqual(['db'])
    expect(read()).toMatchObject({ kernel: 'shop', budgetMs: 25_000, stopped: false, draining: [], stopping: ['db'], count: 1 })
    expect(read().reason).toBe('SIGTERM of postgres://***@db/')
    const { afterMs } = read()
    await expect.poll(() => read().afterMs, { timeout: 10_000 }).toBeGreaterThan(afterMs + 300)
    release()
    await stopped
    await expect.poll(() => read().stopped, { timeout: 10_000 }).toBe(true)
    expect(read().stopping).toEqual([])
    autopsy.end()
    expect(left()).toEqual([])
    expect(lines).toEqual([])
    expect(process.listenerCount('exit')).toBe(exits)
  })

  it('is left by a rollback, too', async () => {
    let release = () => {}
    const hanging = new Promise<void>((resolve) => {
      release = resolve
    })
    const db = resource('db', { start: () => 1, stop: () => hanging })
    const api = resource('api', { dependsOn: { db }, start: () => Promise.reject(new Error('no')) })
    const kernel = createKernel([api], { name: 'shop' })
    const path = join(temporaryFolder(), 'mark')
    const autopsy = new Autopsy(kernel, path, () => {})
    autopsy.begin()
    const started = kernel.start().catch(() => 'failed')
    await expect.poll(() => readMark(path), { timeout: 10_000 }).toMatchObject({ reason: 'start failed', stopping: ['db'] })
    release()
    expect(await started).toBe('failed')
    autopsy.end()
    expect(readMark(path)).toBe('none')
  })

  it('is left by a kernel that was told to stop before', async () => {
    const { autopsy, kernel, read } = scene()
    await kernel.start()
    void kernel.shutdown('deploy')
    autopsy.begin()
    expect(read()).toMatchObject({ stopping: ['db'], reason: 'shutdown' })
  })

  it('says that the process exited by itself', async () => {
    const { autopsy, kernel, read } = scene()
    autopsy.begin()
    await kernel.start()
    void kernel.shutdown()
    const listener = process.listeners('exit').at(-1) as (code: number) => void
    listener(3)
    expect(read().exitCode).toBe(3)
  })

  it('names as many as fit, however many are at it and whatever their names are', async () => {
    const names = Array.from({ length: 300 }, (_, i) => `${i}${'\u0001'.repeat(300)}`)
    let release = () => {}
    const hang = new Promise<void>((resolve) => {
      release = resolve
    })
    const kernel = createKernel(
      names.map((name) => resource(name, { start: () => 1, stop: () => hang })),
      { name: 'shop' },
    )
    const folder = temporaryFolder()
    const autopsy = new Autopsy(kernel, join(folder, 'mark'), () => {})
    autopsy.begin()
    await kernel.start()
    const stopped = kernel.shutdown()
    const text = () => readFileSync(join(folder, 'mark'), 'utf8')
    await expect.poll(() => (JSON.parse(text()) as Mark).count, { timeout: 10_000 }).toBe(300)
    expect(text().length).toBeLessThan(16_384)
    release()
    await stopped
    autopsy.end()
  })

  it('costs one warning where it cannot be written, and the shutdown nothing', async () => {
    const { lines, say } = keepEntries()
    const kernel = createKernel([resource('db', { start: () => 1 })], { name: 'shop' })
    const autopsy = new Autopsy(kernel, join(temporaryFolder(), 'missing', 'mark'), say)
    autopsy.begin()
    await kernel.start()
    expect((await kernel.shutdown()).ok).toBe(true)
    autopsy.end()
    expect(lines).toEqual([expect.stringMatching(/^warn: the mark of a shutdown of shop cannot be written to .*: ENOENT/)])
  })
})

describe('X9 a mark that is found', () => {
  const found = (changes: Partial<Mark>) => {
    const { autopsy, lines, left } = scene(mark(changes))
    autopsy.begin()
    autopsy.end()
    return [...lines, ...left()]
  }

  it('is told once, and is gone', () => {
    expect(found({})).toEqual([
      "warn: the last process was killed 10.0 s into a shutdown of 25 s, while db was stopping: raise the platform's grace or lower shutdown.timeout",
    ])
  })

  it.each([
    [{ stopping: ['db', 'otel'], count: 2 }, /of 25 s, while db, otel were stopping: raise/],
    [{ draining: ['api'], count: 2 }, /, while api was draining and db was stopping: raise/],
    [{ stopping: ['a', 'b', 'c', 'd', 'e', 'f'], count: 300 }, /, while a, b, c, d, e and 295 more were stopping: raise/],
    [{ stopping: [], count: 0 }, /10\.0 s into a shutdown of 25 s: raise/],
    [
      { stopped: true, stopping: [], count: 0, afterMs: 740 },
      /killed 740 ms into a shutdown of 25 s, after everything had stopped: raise/,
    ],
    [{ budgetMs: null, afterMs: 200_000 }, /killed 3 min into a shutdown without a limit, while/],
    [{ exitCode: 1 }, /the last process exited with code 1, 10\.0 s into a shutdown of 25 s, while db was stopping$/],
  ])('is told in the words that fit: %j', (changes, words) => {
    expect(found(changes)).toEqual([expect.stringMatching(words)])
  })

  it('is left alone when it is of another kernel: that finds it itself', () => {
    expect(found({ kernel: 'mail' })).toEqual(['mark'])
  })

  it('is left alone while its process lives', () => {
    expect(found({ by: self })).toEqual(['mark'])
  })

  it('is told later where it is not known whether its process lives, if nothing moves', { timeout: 30_000 }, async () => {
    const still = scene(mark({ by: { ...self, host: 'another' } }))
    const moving = scene(mark({ by: { ...self, host: 'another' } }))
    still.autopsy.begin()
    moving.autopsy.begin()
    expect([...still.lines, ...moving.lines]).toEqual([])
    writeFileSync(moving.path, JSON.stringify(mark({ by: { ...self, host: 'another' }, afterMs: 10_500 })))
    await expect.poll(() => still.lines, { timeout: 20_000 }).toEqual([expect.stringContaining('the last process was killed')])
    expect(still.left()).toEqual([])
    expect(moving.lines).toEqual([])
    expect(moving.left()).toEqual(['mark'])
  })

  it('is told by one of several that start at once', () => {
    const first = scene(mark())
    const second = scene(undefined, first.folder)
    first.autopsy.begin()
    second.autopsy.begin()
    expect([...first.lines, ...second.lines]).toHaveLength(1)
  })
})

describe('X9 a path', () => {
  it('that several processes share has a mark of each', async () => {
    const first = scene()
    const second = scene(undefined, first.folder)
    for (const { autopsy, kernel } of [first, second]) {
      autopsy.begin()
      await kernel.start()
    }
    void first.kernel.shutdown('first')
    void second.kernel.shutdown('second')
    expect(first.left()).toEqual(['mark', 'mark.1'])
    expect([first.read('mark').reason, first.read('mark.1').reason]).toEqual(['first', 'second'])
    first.autopsy.end()
    expect(first.left()).toEqual(['mark.1'])
    second.autopsy.end()
    expect(first.left()).toEqual([])
  })

  it.each([
    ['some other file', '{"name":"shop"}'],
    ['a mark that is broken', '{"keelson":"shutdown","kernel":"shop"'],
    ['a mark with something else in it', JSON.stringify({ ...mark(), stopping: [1] })],
    ['a large file', JSON.stringify({ ...mark(), kernel: 'x'.repeat(20_000) })],
  ])('that is %s is left as it is, with one warning', async (_name, text) => {
    const { autopsy, kernel, release, lines, left, path } = scene(text)
    release()
    autopsy.begin()
    await kernel.start()
    await kernel.shutdown()
    autopsy.end()
    expect(lines).toEqual([
      expect.stringMatching(/mark is no mark of a shutdown of shop, and is left alone: give autopsy a path of its own$/),
    ])
    expect(left()).toEqual(['mark'])
    expect(readFileSync(path, 'utf8')).toBe(text)
  })

  it('that is a folder is no mark either', () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'mark'))
    const { autopsy, lines } = scene(undefined, folder)
    autopsy.begin()
    autopsy.end()
    expect(lines).toEqual([expect.stringContaining('is no mark of a shutdown')])
  })

  it('that somebody has made beforehand is used', async () => {
    const { autopsy, kernel, release, lines, left, read } = scene('')
    autopsy.begin()
    await kernel.start()
    const stopped = kernel.shutdown('deploy')
    expect(read().reason).toBe('deploy')
    release()
    await stopped
    autopsy.end()
    expect([...lines, ...left()]).toEqual([])
  })
})

it('X9 knows of a process whether it lives, as far as that can be known', () => {
  const by = (changes: object) => lives(mark({ by: { ...self, ...changes } }), self)
  const linux = process.platform === 'linux'
  expect(by({})).toBe(true)
  expect(by({ started: 'before' })).toBe(false)
  expect(by({ pid: 2 ** 22 + 1 })).toBe(false)
  expect(by({ pid: process.ppid, started: 'before' })).toBe(linux ? false : undefined)
  expect(by({ host: `not ${hostname()}` })).toBeUndefined()
  expect(by({ space: 'pid:[1]', pid: 2 ** 22 + 1 })).toBeUndefined()
  expect(by({ space: 'pid:[1]' }), 'the same container, started again').toBe(false)
  expect(lives(mark({ by: { ...self, host: 'another' }, exitCode: 0 }), self)).toBe(false)
})

it('X9 does not take away what another has put in its place', () => {
  const folder = temporaryFolder()
  const paths = filesOf(join(folder, 'mark'))
  const first = MarkFile.create(paths, () => mark())
  writeFileSync(`${paths[0]}.new`, 'of another')
  renameSync(`${paths[0]}.new`, paths[0]!)
  first?.remove()
  expect(readFileSync(paths[0]!, 'utf8')).toBe('of another')
  expect(paths).toHaveLength(16)
})
