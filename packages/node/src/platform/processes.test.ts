import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it, vi } from 'vitest'
import { processes } from './processes.js'

const linux = process.platform === 'linux'

/** A child with a name that looks like fields, its input a pipe. */
async function child(): Promise<ChildProcess & { pid: number }> {
  const script = "process.title = 'a) Z 1 (b'; process.stdout.write('up'); process.stdin.resume()"
  const started = spawn(process.execPath, ['-e', script])
  await once(started.stdout, 'data')
  return started as ChildProcess & { pid: number }
}

it('X11 knows a process by what /proc tells, and nothing elsewhere', async () => {
  const started = await child()
  const entry = processes.entry(started.pid)
  expect(entry?.ppid).toBe(linux ? process.pid : undefined)
  expect(entry?.args[0]).toBe(linux ? 'a) Z 1 (b' : undefined)
  expect(entry?.started).toEqual(linux ? expect.stringMatching(/^\d+$/) : undefined)
  expect(processes.input(started.pid)).toEqual(linux ? expect.stringMatching(/^(pipe|socket):/) : undefined)
  started.stdin?.end()
  await once(started, 'exit')
  await vi.waitFor(() => expect(processes.entry(started.pid)).toBeUndefined())
})
