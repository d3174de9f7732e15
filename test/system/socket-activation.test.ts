import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { freePort } from '@keelson/test-servers'
import { expect, it, onTestFinished } from 'vitest'

const fixture = fileURLToPath(new URL('../process/fixtures/handed-socket.mjs', import.meta.url))

/** systemd-socket-activate listens, and becomes the program with the first connection. */
async function activated(program: readonly string[], settings: readonly string[] = []) {
  const port = await freePort()
  const child = spawn('systemd-socket-activate', ['-l', `127.0.0.1:${port}`, ...settings, ...program], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  let complaints = ''
  child.stderr.on('data', (chunk) => {
    complaints += chunk
  })
  onTestFinished(async () => {
    if (isOver(child)) return
    process.kill(-child.pid!, 'SIGKILL')
    await once(child, 'exit')
  })
  await expect.poll(() => complaints, { timeout: 20_000 }).toContain('Listening on')
  return { child, url: `http://127.0.0.1:${port}/`, output: () => output }
}

function isOver({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

async function ask(url: string): Promise<string> {
  return (await fetch(url, { headers: { connection: 'close' } })).text()
}

it('N6 systemd: requests that come before the process is up are answered', async () => {
  const settings = ['--fdname=http', '-E', 'NAMED=systemd:http', '-E', 'START=1000']
  const { child, url, output } = await activated([process.execPath, fixture], settings)
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(url)))
  expect(new Set(answers)).toEqual(new Set([`process ${child.pid}, life 1`]))
  expect(output()).toContain(`serving on ${url.slice(0, -1)} as ${child.pid}`)
  process.kill(child.pid!, 'SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
})

it('N6 systemd: across restarts of the service, and of the server in it, nobody is refused', async () => {
  // What stays is the shell; LISTEN_PID names each process that it starts.
  const again = `while :; do sh -c 'LISTEN_PID=$$ exec "${process.execPath}" "${fixture}"'; done`
  const { url, output } = await activated(['sh', '-c', again])
  const failures: string[] = []
  const answers: string[] = []
  let over = false
  const clients = Array.from({ length: 8 }, async () => {
    while (!over) {
      await ask(url).then(
        (answer) => void answers.push(answer),
        (error) => void failures.push(String(error.cause?.code ?? error)),
      )
    }
  })
  const serving = () => [...output().matchAll(/serving on \S+ as (\d+)/g)].map(([, pid]) => Number(pid))
  for (let i = 1; i <= 5; i++) {
    await expect.poll(() => serving().length, { timeout: 30_000 }).toBe(i)
    const pid = serving().at(-1)!
    process.kill(pid, 'SIGUSR2')
    await expect.poll(() => answers.at(-1), { timeout: 30_000 }).toBe(`process ${pid}, life 2`)
    if (i < 5) process.kill(pid, 'SIGTERM')
  }
  over = true
  await Promise.all(clients)
  expect(failures).toEqual([])
  expect(new Set(answers.map((answer) => answer.split(',')[0])).size).toBe(5)
})
