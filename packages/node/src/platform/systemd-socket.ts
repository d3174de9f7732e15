import { spawn } from 'node:child_process'
import type { SystemdMessage } from './systemd.js'

/** Sends one message; rejects when it did not get through. */
type Send = (text: string) => Promise<void>

/**
 * Sends messages to systemd without waiting and in order: through `node-unix-socket` where that is installed, which costs a few
 * microseconds, else through the program `systemd-notify`, one process at a time. What comes while another message is on its way
 * goes with the next, the latest value of each variable. Nothing of it keeps the process alive, and what fails is said once.
 */
export function systemdSocket(address: string, failed: (error: unknown) => void): (message: SystemdMessage) => void {
  let send: Send | undefined
  let waiting: SystemdMessage | undefined
  let busy = false
  let told = false

  async function flush(): Promise<void> {
    busy = true
    send ??= await byAddress(address)
    while (waiting !== undefined) {
      const message = waiting
      waiting = undefined
      try {
        await send(textOf(message))
      } catch (error) {
        if (!told) failed(error)
        told = true
        // Without the program there is nothing left to try.
        if (isMissing(error)) send = async () => {}
      }
    }
    busy = false
  }

  return (message) => {
    waiting = { ...waiting, ...message }
    if (!busy) void flush()
  }
}

function textOf(message: SystemdMessage): string {
  return Object.entries(message)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n')
}

/** An address that is not a path is abstract, or of a virtual machine; `systemd-notify` knows them all. */
async function byAddress(address: string): Promise<Send> {
  if (!address.startsWith('/')) return byProgram
  try {
    const { DgramSocket } = await import('node-unix-socket')
    return (text) => byDatagram(new DgramSocket(), address, text)
  } catch {
    return byProgram
  }
}

/** The part of a DgramSocket that is used. An open one would keep the process alive. */
interface DatagramSocket {
  on(event: 'error', listener: (error: Error) => void): unknown
  sendTo(data: Buffer, offset: number, length: number, path: string, done: (error?: Error) => void): void
  close(): void
}

function byDatagram(socket: DatagramSocket, address: string, text: string): Promise<void> {
  const data = Buffer.from(text)
  return new Promise<void>((resolve, reject) => {
    socket.on('error', reject)
    socket.sendTo(data, 0, data.length, address, (error) => (error ? reject(error) : resolve()))
  }).finally(() => socket.close())
}

/**
 * It ends once systemd has taken the message in. With `--no-block` it would end before, and systemd ignores what it can no longer
 * attribute to a unit: https://www.freedesktop.org/software/systemd/man/latest/systemd-notify.html
 */
function byProgram(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('systemd-notify', text.split('\n'), { stdio: ['ignore', 'ignore', 'pipe'] })
    let complaint = ''
    child.stderr.on('data', (chunk: Buffer) => {
      complaint += String(chunk)
    })
    child.once('error', reject)
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(complaint.trim() || `systemd-notify: code ${code}`)),
    )
    child.unref()
    if ('unref' in child.stderr && typeof child.stderr.unref === 'function') child.stderr.unref()
  })
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
