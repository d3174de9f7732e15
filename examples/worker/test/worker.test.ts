import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

interface Line {
  readonly event: string
  readonly to?: string
  readonly urls: { readonly api: string }
  readonly msg: string
}

test('T1, W1 the worker finishes the job that it has before it ends, and takes no other', async () => {
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/main.ts'], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { ...process.env, PORT: '0', PROBE_PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const exit = once(child, 'exit')
    const lines: Line[] = []
    for await (const text of createInterface({ input: child.stdout })) {
      const line = JSON.parse(text) as Line
      lines.push(line)
      if (line.to !== 'running') continue
      const { api } = line.urls
      const add = (ms: number) => fetch(`${api}/jobs?ms=${ms}`, { method: 'POST' })
      await add(1)
      while (!(await (await fetch(`${api}/jobs`)).text()).includes('[1]')) await new Promise((resolve) => setTimeout(resolve, 5))
      await add(700)
      await add(1)
      child.kill('SIGTERM')
    }
    expect(await exit).toEqual([0, null])
    expect(lines.find(({ to }) => to === 'draining')?.msg).toMatch(/^SIGTERM: draining.*, waiting for job 2 \d+ ms$/)
    expect(lines.at(-1)).toMatchObject({ event: 'kernel:state', to: 'stopped' })
  } finally {
    child.kill('SIGKILL')
  }
})
