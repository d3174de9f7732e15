import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { Hello } from '@keelson/inspector'
import { expect, test } from 'vitest'

/** Asks as a browser does that was led here by another name. */
function statusAs(host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, headers: { host } }, (response) => {
      resolve(response.statusCode)
      response.resume()
    })
    asked.on('error', reject).end()
  })
}

test('without an engine it runs, and says so in the inspector and in its output', async () => {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as { port: number }
  probe.close()
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
  const env = { ...process.env, PORT: String(port), DOCKER_SOCKET: '/nowhere/docker.sock' }
  const child = spawn(process.execPath, ['--import', 'tsx', main], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk
    })
  }
  const ended = once(child, 'exit')
  try {
    let response: Response | undefined
    for (const end = Date.now() + 40_000; response === undefined && Date.now() < end && child.exitCode === null; ) {
      response = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined)
      if (response === undefined) await new Promise((resolve) => setTimeout(resolve, 50))
    }
    expect(response?.status, output).toBe(200)
    expect(response?.url).toBe(`http://127.0.0.1:${port}/inspector/`)
    expect(await response?.text()).toContain('<title>Keelson inspector</title>')
    const state = await fetch(`http://127.0.0.1:${port}/inspector/state`)
    const { kernel, resources } = (await state.json()) as Hello
    expect(kernel.name).toBe('container-monitor')
    expect(JSON.stringify(resources)).toContain('/nowhere/docker.sock')
    expect(output).toContain('There is no Docker Engine that answers')
    expect((await fetch(`http://127.0.0.1:${port}/favicon.ico`)).status).toBe(404)
    expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(404)
    const act = await fetch(`http://127.0.0.1:${port}/inspector/actions`, { method: 'POST' })
    expect([act.status, await act.json()]).toMatchObject([403, { text: expect.stringContaining('only looking is allowed') }])
    expect(await statusAs('rebound.example', port)).toBe(421)
  } finally {
    child.kill('SIGTERM')
    await ended
  }
})
