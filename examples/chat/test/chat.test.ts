import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { io, type Socket } from 'socket.io-client'
import { expect, test } from 'vitest'

interface Line {
  readonly event: string
  readonly to?: string
  readonly urls: { readonly api: string }
}

test('N10 the program of the README serves over both transports, says goodbye, and ends by itself with exit code 0', async () => {
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/main.ts'], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { ...process.env, PORT: '0', PROBE_PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const clients: Socket[] = []
  try {
    const exit = once(child, 'exit')
    const lines: Line[] = []
    const away: Promise<unknown>[] = []
    for await (const text of createInterface({ input: child.stdout })) {
      const line = JSON.parse(text) as Line
      lines.push(line)
      if (line.to !== 'running') continue
      const { api } = line.urls
      for (const transport of ['polling', 'websocket']) {
        const socket = io(api, { transports: [transport], reconnection: false, forceNew: true })
        clients.push(socket)
        await new Promise<void>((resolve) => socket.once('connect', resolve))
        away.push(new Promise((resolve) => socket.once('disconnect', resolve)))
      }
      expect(await clients[1]?.emitWithAck('say', 'hello')).toBe(1)
      const announced = clients.map(
        (socket) => new Promise((resolve) => socket.on('said', (said) => said === 'tea' && resolve(said))),
      )
      expect((await fetch(`${api}/announce?text=tea`, { method: 'POST' })).status).toBe(202)
      await Promise.all(announced)
      child.kill('SIGTERM')
    }
    expect(await exit).toEqual([0, null])
    expect(await Promise.all(away)).toEqual(['transport close', 'transport close'])
    expect(lines.map(({ event }) => event)).not.toContain('process:still-alive')
    expect(lines.at(-1)).toMatchObject({ event: 'kernel:state', to: 'stopped' })
  } finally {
    for (const socket of clients) socket.disconnect()
    child.kill('SIGKILL')
  }
})
