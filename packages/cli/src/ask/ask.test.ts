import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LOCALHOST } from '@keelson/test-servers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ask } from './ask.js'
import { targetOf } from './target.js'

async function listening(server: Server | TcpServer, where: object = { port: 0, host: '127.0.0.1' }): Promise<number> {
  await new Promise<void>((resolve) => server.listen(where, resolve))
  onTestFinished(() => {
    if ('closeAllConnections' in server) server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

const serve = (listener: RequestListener) => listening(createServer(listener))
const answer = (url: string, options = {}) => ask(targetOf(url), { timeout: 10_000, ...options })

describe('MF2 keelson probe', () => {
  it('asks for the readiness where no path is given, and says what was answered', async () => {
    const paths: unknown[] = []
    const port = await serve((req, res) => {
      paths.push(req.url)
      res.end('ready')
    })
    for (const url of [`:${port}`, `${port}`, `localhost:${port}`, `http://127.0.0.1:${port}`]) {
      expect(await answer(url)).toMatchObject({ ok: true, status: 200, text: 'ready' })
    }
    await answer(`http://127.0.0.1:${port}/livez?verbose`)
    await answer(`:${port}?verbose`)
    await answer(`${port}/`)
    expect(paths).toEqual([...Array(4).fill('/readyz'), '/livez?verbose', '/readyz?verbose', '/'])
  })

  it.each([
    [204, true],
    [301, false],
    [404, false],
    [503, false],
  ])('takes a status of %i for %s', async (status, ok) => {
    const port = await serve((_req, res) =>
      res.writeHead(status, { location: '/elsewhere' }).end(status === 204 ? '' : 'draining'),
    )
    expect(await answer(`:${port}`)).toMatchObject({ ok, status })
  })

  it('gives up on who does not answer, or does not end', async () => {
    const mute = await listening(createTcpServer(() => {}))
    const endless = await serve((_req, res) => void res.write('ready'))
    for (const port of [mute, endless]) {
      expect(await answer(`:${port}`, { timeout: 100 })).toMatchObject({
        ok: false,
        status: undefined,
        text: 'no answer within 0.1 s',
      })
    }
  })

  it('says why nobody answers', async () => {
    const server = createTcpServer()
    const port = await listening(server)
    await new Promise((resolve) => server.close(resolve))
    expect(await answer(`:${port}`)).toMatchObject({ ok: false, text: `connect ECONNREFUSED 127.0.0.1:${port}` })
    const http = await listening(createTcpServer((socket) => socket.end('SSH-2.0-OpenSSH\r\n')))
    expect((await answer(`:${http}`)).text).toContain('Parse Error')
  })

  it('asks on a Unix socket', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'keelson-probe-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const path = join(folder, 'http.sock')
    await listening(
      createServer((req, res) => res.end(req.url)),
      { path },
    )
    expect((await answer(`unix:${path}`)).text).toBe('/readyz')
    expect((await answer(`unix:${path}:/livez?verbose`)).text).toBe('/livez?verbose')
    expect((await answer(`unix:${folder}/none.sock`)).text).toContain('ENOENT')
  })

  it('speaks TLS, and takes a certificate of its own only when told to', async () => {
    const port = await listening(createTlsServer(LOCALHOST, (_req, res) => res.end('ready')))
    const url = `https://127.0.0.1:${port}`
    expect(await answer(url, { insecure: true })).toMatchObject({ ok: true, text: 'ready' })
    const { ok, text } = await answer(url)
    expect({ ok, text }).toEqual({ ok: false, text: expect.stringContaining('--insecure takes it') })
  })

  it('shows no control characters, and not more than Docker keeps', async () => {
    const port = await serve((_req, res) => res.end(`a\u001b[31mb\u202ec\r\n\u0007d${'x'.repeat(100_000)}`))
    const { text } = await answer(`:${port}`)
    expect(text.slice(0, 12)).toBe('a[31mbc\ndxxx')
    expect(text.length).toBeLessThanOrEqual(4_096)
  })

  it.each(['ftp://host', 'http://', 'http://:9000', 'unix:relative.sock', 'not an address', '', '99999'])('refuses %j', (url) => {
    expect(() => targetOf(url)).toThrow(/is no (address to ask|Unix socket)/)
  })

  it('shows no password of an address that it refuses', () => {
    expect(() => targetOf('ftp://user:secret@host')).toThrow('ftp://…@host')
  })
})
