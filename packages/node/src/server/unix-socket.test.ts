import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createKernel, StartError } from '@keelson/kernel'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { certificate } from '../test-support/certificate.js'
import { httpServer } from './http-server.js'
import type { HttpServerOptions } from './http-server-options.js'

let folder: string
let path: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keelson-unix-'))
  path = join(folder, 'shop.sock')
  onTestFinished(() => rmSync(folder, { recursive: true }))
})

function api(options: Partial<HttpServerOptions<never>> = {}) {
  return httpServer('api', { path, listener: () => (_req, res) => res.end('ok'), ...options } as HttpServerOptions<never>)
}

async function started(options?: Partial<HttpServerOptions<never>>) {
  const server = api(options)
  const kernel = createKernel([server])
  onTestFinished(async () => void (await kernel.shutdown().catch(() => {})))
  await kernel.start()
  return { kernel, server, value: kernel.get(server) }
}

async function failure(options?: Partial<HttpServerOptions<never>>): Promise<string> {
  const error = await createKernel([api(options)])
    .start()
    .then(
      () => undefined,
      (error: unknown) => error,
    )
  expect(error).toBeInstanceOf(StartError)
  return (error as StartError).errors[0]!.message
}

/** The body of an answer, with `Connection: keep-alive` and all. */
async function ask(socketPath = path): Promise<string> {
  const [res] = await once(request({ socketPath, path: '/', agent: false }).end(), 'response')
  let body = ''
  for await (const chunk of res) body += chunk
  return body
}

/** The file of a socket whose process has died. */
async function leaveStale(): Promise<void> {
  const program = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
  await once(spawn(process.execPath, ['-e', program], { stdio: 'ignore' }), 'exit')
  expect(statSync(path).isSocket()).toBe(true)
}

describe('N6 a server on a Unix socket', () => {
  it('says where it is, drains like any other, and leaves no file', async () => {
    const { kernel, value } = await started()
    expect(value).toMatchObject({ port: 0, path, url: `unix:${path}` })
    const [answer, again] = [await ask(), ask()]
    expect(answer).toBe('ok')
    const report = await kernel.shutdown()
    expect(await again).toBe('ok')
    expect(report.ok).toBe(true)
    expect(existsSync(path)).toBe(false)
  })

  it('comes back on it after a restart, and after a start of its own', async () => {
    const { kernel, server } = await started()
    await kernel.restart(server)
    expect(await ask()).toBe('ok')
    await kernel.shutdown()
    await kernel.start()
    expect(await ask()).toBe('ok')
  })

  it('speaks TLS on it, too', async () => {
    expect((await started({ tls: certificate })).value.url).toBe(`unix:${path}`)
  })

  it('has a name without a file where Linux knows that', async () => {
    if (process.platform !== 'linux') return
    const name = `\0keelson-${process.pid}`
    const { value } = await started({ path: name })
    expect(value.url).toBe(`unix:@keelson-${process.pid}`)
    expect(await ask(name)).toBe('ok')
  })

  it('lets others in as it was told', async () => {
    const { kernel } = await started({ readableAll: true, writableAll: true, backlog: 5 })
    expect(statSync(path).mode & 0o666).toBe(0o666)
    await kernel.shutdown()
    const umask = process.umask(0o077)
    onTestFinished(() => void process.umask(umask))
    await kernel.start()
    expect(statSync(path).mode & 0o066).toBe(0o066)
  })

  it('removes the file that a dead predecessor has left', async () => {
    await leaveStale()
    const { kernel } = await started()
    expect(await ask()).toBe('ok')
    await kernel.shutdown()
    expect(existsSync(path)).toBe(false)
  })

  it('touches nothing of a living one, and says so', async () => {
    const other = createServer((_req, res) => res.end('other')).listen(path)
    await once(other, 'listening')
    onTestFinished(() => void other.close())
    expect(await failure()).toBe(
      `resource "api" failed to start: the socket ${path} is already in use: a process answers there (EADDRINUSE); stop what listens there, or choose another path`,
    )
    expect(await ask()).toBe('other')
  })

  it.each([
    ['a file', () => writeFileSync(path, 'precious')],
    ['a link to nowhere', () => symlinkSync('/nowhere', path)],
  ])('never removes what is no socket: %s', async (_, make) => {
    make()
    expect(await failure()).toContain(`${path} is no socket but another kind of file; remove it, or choose another path`)
    expect(() => statSync(path, { throwIfNoEntry: false })).not.toThrow()
  })

  it('says that the folder is missing', async () => {
    path = join(folder, 'missing', 'shop.sock')
    expect(await failure()).toContain('is in a folder that does not exist (EACCES); create that (systemd: RuntimeDirectory=)')
  })

  it('waits for a living predecessor when it may', async () => {
    const other = createServer().listen(path)
    await once(other, 'listening')
    setTimeout(() => other.close(), 200)
    await started({ waitForPort: 20_000 })
    expect(await ask()).toBe('ok')
  })

  it.each([
    [{ port: 80 }, /port does nothing next to path/],
    [{ host: 'localhost' }, /host does nothing next to path/],
    [{ reusePort: true }, /reusePort does nothing next to path/],
    [{ fd: 3 }, /path does nothing next to the number of a descriptor/],
    [{ path: '' }, /path must be the path of a Unix socket/],
    [{ path: `/${'a'.repeat(120)}` }, /path must have at most 10[37] bytes, not 121/],
    [{ path: '/run/a\0b' }, /path must not have a NUL/],
    [{ path: undefined, writableAll: true }, /writableAll is for Unix sockets: it does nothing without path/],
    [{ backlog: 0 }, /backlog must be a whole number above 0/],
  ])('refuses %j when it is defined', (options, message) => {
    const define = () => api(options as never)
    expect(define).toThrow(message)
    expect(define).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', resource: 'api' }))
  })
})
