import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { scene } from '../test-support/scene.js'
import { AuditFile } from './audit-file.js'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'audit-'))
  path = join(folder, 'audit.jsonl')
})
afterEach(() => rmSync(folder, { recursive: true }))

const unexpected = (error: unknown) => {
  throw error
}
const linesOf = (file: string) =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

test('appends to what is there, one line for each record', async () => {
  for (const round of [1, 2]) {
    const file = new AuditFile({ path }, unexpected)
    await file.open()
    file.append(JSON.stringify({ round, n: 1 }))
    file.append(JSON.stringify({ round, n: 2 }))
    await file.close()
  }
  expect(linesOf(path)).toEqual([
    { round: 1, n: 1 },
    { round: 1, n: 2 },
    { round: 2, n: 1 },
    { round: 2, n: 2 },
  ])
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test('a new file is begun by size, none is larger, and the oldest go', async () => {
  const file = new AuditFile({ path, maxBytes: 100, keep: 2 }, unexpected)
  await file.open()
  for (let n = 0; n < 40; n++) file.append(JSON.stringify({ n }))
  await file.close()
  expect(readdirSync(folder).sort()).toEqual(['audit.jsonl', 'audit.jsonl.1', 'audit.jsonl.2'])
  for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(100)
  const kept = [`${path}.2`, `${path}.1`, path].flatMap(linesOf).map(({ n }) => n)
  expect(kept).toEqual(Array.from({ length: kept.length }, (_, i) => 40 - kept.length + i))
})

test('a line that a crash cut short does not spoil the next', async () => {
  appendFileSync(path, '{"n":1}\n{"n":')
  const file = new AuditFile({ path }, unexpected)
  await file.open()
  file.append(JSON.stringify({ n: 2 }))
  await file.close()
  expect(readFileSync(path, 'utf8')).toBe('{"n":1}\n{"n":\n{"n":2}\n')
})

test('a record that comes just as the last ones are on disk is written, too', async () => {
  for (let turns = 0; turns < 10; turns++) {
    const file = new AuditFile({ path }, unexpected)
    await file.open()
    const handle = await open(path)
    const prototype = Object.getPrototypeOf(handle)
    await handle.close()
    const sync = prototype.datasync
    // Every turn of the queue of promises after the disk has answered is a moment at which somebody may append.
    prototype.datasync = function datasync() {
      prototype.datasync = sync
      const synced = sync.call(this)
      synced.then(async () => {
        for (let i = 0; i < turns; i++) await undefined
        file.append(JSON.stringify({ turns, n: 2 }))
      })
      return synced
    }
    file.append(JSON.stringify({ turns, n: 1 }))
    for (const end = Date.now() + 2_000; Date.now() < end && !readFileSync(path, 'utf8').includes(`{"turns":${turns},"n":2}`); ) {
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    expect(readFileSync(path, 'utf8')).toContain(`{"turns":${turns},"n":2}`)
    await file.close()
  }
})

test('a long queue is written without keeping the process', async () => {
  const file = new AuditFile({ path }, unexpected)
  await file.open()
  for (let n = 0; n < 10_000; n++) file.append(JSON.stringify({ n, text: 'x'.repeat(300) }))
  const since = performance.now()
  await file.close()
  expect(linesOf(path)).toHaveLength(10_000)
  process.stdout.write(`10,000 records of 300 bytes: ${(performance.now() - since).toFixed(0)} ms\n`)
  expect(performance.now() - since).toBeLessThan(1_500)
})

/** Appends a record and waits until a file has it. */
async function written(file: AuditFile, n: number, to = path) {
  file.append(JSON.stringify({ n }))
  await vi.waitFor(() => expect(readFileSync(to, 'utf8')).toContain(`{"n":${n}}`), { timeout: 5_000 })
}

test('[K6] a file that logrotate has moved away is begun anew, and so is one that was removed', async () => {
  const file = new AuditFile({ path }, unexpected)
  await file.open()
  await written(file, 1)
  renameSync(path, `${path}-20260101`)
  await written(file, 2)
  expect(linesOf(path)).toEqual([{ n: 2 }])
  expect(linesOf(`${path}-20260101`)).toEqual([{ n: 1 }])
  expect(statSync(path).mode & 0o777).toBe(0o600)
  rmSync(path)
  await written(file, 3)
  expect(linesOf(path)).toEqual([{ n: 3 }])
  await file.close()
})

test('[K6] a file that logrotate has copied and emptied goes on from its beginning, without a gap', async () => {
  const file = new AuditFile({ path, maxBytes: 40 }, unexpected)
  await file.open()
  for (const n of [1, 2, 3, 4]) await written(file, n)
  copyFileSync(path, `${path}-20260101`)
  truncateSync(path)
  // By the size that it had, the file would be full now.
  for (const n of [5, 6, 7]) await written(file, n)
  expect(readFileSync(path, 'utf8')).toBe('{"n":5}\n{"n":6}\n{"n":7}\n')
  expect(readdirSync(folder).sort()).toEqual(['audit.jsonl', 'audit.jsonl-20260101'])
  await file.close()
})

test('a file that cannot be opened any more is a problem for each record, and none is lost once it can', async () => {
  const problems: unknown[] = []
  const place = join(folder, 'logs')
  mkdirSync(place)
  const file = new AuditFile({ path: join(place, 'audit.jsonl') }, (error) => problems.push(error))
  await file.open()
  await written(file, 1, join(place, 'audit.jsonl'))
  rmSync(place, { recursive: true })
  file.append(JSON.stringify({ n: 2 }))
  await vi.waitFor(() => expect(problems).toHaveLength(1), { timeout: 5_000 })
  mkdirSync(place)
  await written(file, 3, join(place, 'audit.jsonl'))
  expect(linesOf(join(place, 'audit.jsonl'))).toEqual([{ n: 2 }, { n: 3 }])
  await file.close()
})

test('a folder that is not there is an error of the start', async () => {
  await expect(new AuditFile({ path: join(folder, 'no', 'audit.jsonl') }, unexpected).open()).rejects.toThrow('ENOENT')
})

test('the trail of a container holds every failure, restart, give-up and recovery', async () => {
  {
    await using s = await scene({ audit: { path }, restartAttempts: 1, sessionOf: () => 'a' }, (engine) => engine.run('one'))
    const [one] = [...s.engine.containers.values()]
    one!.restarted = () => s.engine.set(one!, { ExitCode: 9 })
    s.engine.exit(one!, 1)
    await s.until(() => s.lines().includes('give-up one'))
    s.engine.set(one!, { Status: 'running', Running: true })
    await s.until(() => s.status('one') === 'healthy')
    const told = s.events.filter(({ type }) => ['failure', 'restart', 'give-up', 'recovery'].includes(type))
    expect(told.length).toBeGreaterThan(6)
    await s.kernel.shutdown()
    const written = linesOf(path).filter(({ type }) => type !== 'session')
    expect(written).toEqual(told.map((event) => ({ ...event, at: new Date(event.at).toISOString() })))
    expect(written[0]).toMatchObject({ type: 'failure', container: 'one', session: 'a', exitCode: 1 })
  }
})
