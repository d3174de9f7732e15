import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DgramSocket } from 'node-unix-socket'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { systemdSocket } from './systemd-socket.js'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'keelson-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

/** Where systemd would listen. */
function receiver() {
  const path = join(folder(), 'notify')
  const socket = new DgramSocket()
  socket.bind(path)
  onTestFinished(() => socket.close())
  const received: string[] = []
  socket.on('data', (data: Buffer) => received.push(String(data)))
  return { path, received, until: (count: number) => vi.waitFor(() => expect(received).toHaveLength(count), 10_000) }
}

function withoutModule() {
  vi.doMock('node-unix-socket', () => {
    throw new Error('not installed')
  })
  onTestFinished(() => void vi.doUnmock('node-unix-socket'))
}

/** A program of that name alone in PATH. */
function program(script: string | undefined): string {
  const path = folder()
  if (script !== undefined) {
    writeFileSync(join(path, 'systemd-notify'), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  }
  vi.stubEnv('PATH', path)
  onTestFinished(() => void vi.unstubAllEnvs())
  return path
}

/** Does what systemd-notify does, but for the waiting: that systemd takes it in is shown by test/system. */
const sender = `exec '${process.execPath}' -e '
const { DgramSocket } = require("${createRequire(import.meta.url).resolve('node-unix-socket')}")
const data = Buffer.from(process.argv.slice(1).join("\\n"))
const socket = new DgramSocket()
socket.sendTo(data, 0, data.length, process.env.NOTIFY_SOCKET, () => socket.close())
' "$@"`

describe('X5 messages to systemd', () => {
  it('go through node-unix-socket, in order', async () => {
    const { path, received, until } = receiver()
    const failed = vi.fn()
    const send = systemdSocket(path, failed)
    send({ READY: '1', STATUS: 'starting' })
    send({ STATUS: 'ready: ä' })
    await until(1)
    send({ STOPPING: '1' })
    send({ STATUS: 'a' })
    send({ STATUS: 'b' })
    await until(3)
    expect(received).toEqual(['READY=1\nSTATUS=ready: ä', 'STOPPING=1', 'STATUS=b'])
    expect(failed).not.toHaveBeenCalled()
  })

  it('that do not get through are told of once, and the next are tried all the same', async () => {
    const { path, received, until } = receiver()
    const failed = vi.fn()
    const lost = systemdSocket(`${path}-gone`, failed)
    for (let i = 0; i < 5; i++) {
      lost({ WATCHDOG: '1' })
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    expect(failed).toHaveBeenCalledOnce()
    const again = receiverAt(`${path}-gone`)
    lost({ READY: '1' })
    await vi.waitFor(() => expect(again).toEqual(['READY=1']), 10_000)
    systemdSocket(path, failed)({ READY: '1' })
    await until(1)
    expect(received).toEqual(['READY=1'])
  })

  it('go through systemd-notify where that module is not installed', async () => {
    withoutModule()
    const { path, received, until } = receiver()
    program(sender)
    vi.stubEnv('NOTIFY_SOCKET', path)
    const failed = vi.fn()
    const send = systemdSocket(path, failed)
    send({ READY: '1', STATUS: 'ready: 2 resources running' })
    await until(1)
    for (let i = 1; i <= 5; i++) send({ WATCHDOG: '1', STATUS: `${i}` })
    await vi.waitFor(() => expect(received.at(-1)).toBe('WATCHDOG=1\nSTATUS=5'), 10_000)
    expect(received[0]).toBe('READY=1\nSTATUS=ready: 2 resources running')
    expect(received.length).toBeLessThanOrEqual(3)
    expect(failed).not.toHaveBeenCalled()
  })

  it('go through systemd-notify to an address that is not a path', async () => {
    const path = program('echo "$@" >> "$0.log"')
    systemdSocket('@abstract', vi.fn())({ READY: '1', STATUS: 'a b' })
    await vi.waitFor(() => expect(readFileSync(join(path, 'systemd-notify.log'), 'utf8')).toBe('READY=1 STATUS=a b\n'), 10_000)
  })

  it('that systemd-notify refuses are told of once, with its words', async () => {
    withoutModule()
    program('echo "Failed to notify init system" >&2; exit 1')
    const failed = vi.fn()
    const send = systemdSocket('/nowhere', failed)
    send({ READY: '1' })
    await vi.waitFor(() => expect(failed).toHaveBeenCalled(), 10_000)
    send({ WATCHDOG: '1' })
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(failed.mock.calls).toEqual([[new Error('Failed to notify init system')]])
  })

  it('are given up, and told of once, where there is neither', async () => {
    withoutModule()
    const path = program(undefined)
    const failed = vi.fn()
    const send = systemdSocket('/nowhere', failed)
    send({ READY: '1' })
    await vi.waitFor(() => expect(failed).toHaveBeenCalledWith(expect.objectContaining({ code: 'ENOENT' })), 10_000)
    send({ WATCHDOG: '1' })
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(failed).toHaveBeenCalledOnce()

    writeFileSync(join(path, 'systemd-notify'), '#!/bin/sh\necho too late > "$0.log"\n', { mode: 0o755 })
    send({ WATCHDOG: '1' })
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(readdirSync(path)).toEqual(['systemd-notify'])
  })
})

function receiverAt(path: string): string[] {
  const received: string[] = []
  const socket = new DgramSocket()
  socket.bind(path)
  onTestFinished(() => socket.close())
  socket.on('data', (data: Buffer) => received.push(String(data)))
  return received
}
