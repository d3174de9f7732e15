import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { linkSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { later, runFixture } from './child.js'
import { everyNode } from './every-node.js'

const fixture = fileURLToPath(new URL('./fixtures/handed-socket.mjs', import.meta.url))

type Where = { readonly host: string; readonly port: number } | { readonly socketPath: string }

/** A shell that holds a socket, as systemd does, and starts the program that it is for whenever that has ended. */
async function activated(kind: 'port' | 'path', env: Record<string, string | undefined>, node = process.execPath) {
  const folder = mkdtempSync(join(tmpdir(), 'keelson-handed-'))
  const socketPath = join(folder, 'shop.sock')
  const holder = createServer().listen(kind === 'port' ? { port: 0, host: '127.0.0.1' } : { path: socketPath })
  await once(holder, 'listening')
  const where: Where = kind === 'port' ? { host: '127.0.0.1', port: (holder.address() as AddressInfo).port } : { socketPath }
  // The inner shell becomes the process that LISTEN_PID names.
  const serve = `sh -c 'LISTEN_FDS=1 LISTEN_PID=$$ exec "${node}" "${fixture}"'`
  const shell = spawn('sh', ['-c', `while :; do ${serve}; done`], {
    stdio: ['ignore', 'pipe', 'inherit', Reflect.get(holder, '_handle').fd],
    env: { PATH: process.env.PATH, ...env },
    detached: true,
  })
  // The file would go with the server that made it.
  if (kind === 'path') linkSync(socketPath, `${socketPath}.kept`)
  holder.close()
  if (kind === 'path') renameSync(`${socketPath}.kept`, socketPath)
  onTestFinished(async () => {
    process.kill(-shell.pid!, 'SIGKILL')
    await once(shell, 'close')
    rmSync(folder, { recursive: true })
  })
  return { where, said: sayingsOf(shell) }
}

/** Resolves with the match once the output has it so many times. */
function sayingsOf({ stdout }: ChildProcess) {
  let output = ''
  stdout?.on('data', (chunk) => {
    output += chunk
  })
  return async (pattern: RegExp, times = 1): Promise<RegExpMatchArray> => {
    for (;;) {
      const found = [...output.matchAll(pattern)][times - 1]
      if (found) return found
      await later(10)
    }
  }
}

function ask(where: Where): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request({ ...where, path: '/', agent: false }, async (res) => {
      let body = ''
      for await (const chunk of res) body += chunk
      resolve(body)
    })
    call.on('error', reject).end()
  })
}

/** Clients that connect anew for every request, until they are told to end: all answers that they got, and all failures. */
function load(where: Where) {
  const answers: string[] = []
  const failures: string[] = []
  let over = false
  const client = async () => {
    while (!over) {
      await ask(where).then(
        (answer) => void answers.push(answer),
        (error: NodeJS.ErrnoException) => void failures.push(error.code ?? error.message),
      )
      await later(2)
    }
  }
  const clients = Array.from({ length: 4 }, client)
  return {
    answers,
    async end() {
      over = true
      await Promise.all(clients)
      return { answers, failures }
    },
  }
}

const KINDS = [
  ['port', 'httpServer'],
  ['path', 'httpServer'],
  ['port', 'fastify'],
  ['path', 'fastify'],
] as const

describe.skipIf(process.platform === 'win32')('N6 a socket that was handed over', () => {
  it.each(KINDS)(
    'as a %s to %s serves on across restarts of the server and of the process; nobody is refused',
    async (kind, framework) => {
      const { where, said } = await activated(kind, { FRAMEWORK: framework })
      const clients = load(where)
      const url =
        kind === 'port' ? /serving on (http:\/\/127\.0\.0\.1:\d+) as (\d+)/g : /serving on (unix:\/\S*shop\.sock) as (\d+)/g
      const pids: number[] = []
      for (let i = 1; i <= 2; i++) {
        const pid = Number((await said(url, i))[2])
        pids.push(pid)
        process.kill(pid, 'SIGUSR2')
        await said(/restarted/g, i)
        await expect.poll(() => clients.answers.at(-1), { timeout: 20_000 }).toBe(`process ${pid}, life 2`)
        if (i === 1) process.kill(pid, 'SIGTERM')
      }
      const { answers, failures } = await clients.end()
      expect(failures).toEqual([])
      const lives = new Set(answers)
      for (const pid of pids) for (const life of [1, 2]) expect(lives).toContain(`process ${pid}, life ${life}`)
    },
  )

  it.each(everyNode)('comes back on it after a restart of the server, on $name', async ({ node }) => {
    const { where, said } = await activated('port', {}, node)
    const pid = Number((await said(/serving on \S+ as (\d+)/g))[1])
    for (let life = 2; life <= 4; life++) {
      process.kill(pid, 'SIGUSR2')
      await said(/restarted/g, life - 1)
      expect(await ask(where)).toBe(`process ${pid}, life ${life}`)
    }
  })

  it('answers what was asked before the process was up', async () => {
    const { where } = await activated('port', { START: '500' })
    expect(await ask(where)).toMatch(/^process \d+, life 1$/)
  })

  it.each([
    [{}, /no socket was handed over: LISTEN_FDS is not set; start the service by its \.socket unit, or give port or path/],
    [{ LISTEN_FDS: '1', LISTEN_PID: '1' }, /LISTEN_FDS is for process 1, and this is \d+; let "exec" start node, without npm/],
  ])('says what is wrong with %j', async (env, message) => {
    const child = runFixture('handed-socket', { ...env, TOLD: 1 } as Record<string, string | number>)
    const { code, output } = await child.ended
    expect(code).toBe(1)
    expect(JSON.parse(`"${/"msg":"((?:[^"\\]|\\.)*)"/.exec(output)?.[1]}"`)).toMatch(/did not start|failed/)
    expect(output.replaceAll('\\"', '"')).toMatch(message)
  })

  it('says that the descriptor it is given is no socket', async () => {
    const { code, output } = await runFixture('handed-socket', { FD: 1, TOLD: 1 }).ended
    expect(code).toBe(1)
    expect(output).toMatch(/descriptor 1 is no socket to listen on \(E\w+\); it has to be a socket that listens/)
  })
})
