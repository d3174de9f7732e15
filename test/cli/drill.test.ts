import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DrillReport, ScenarioReport } from 'keelson'
import { afterAll, describe, expect, it } from 'vitest'
import { BIN, fixture, keelson, type Said } from './keelson.js'

/** Of tests that run at the same time, none knows which one it is in. */
const cleanups: (() => void)[] = []
const atTheEnd = (clean: () => void) => void cleanups.push(clean)
afterAll(() => {
  for (const clean of cleanups) clean()
})

/** One that says that it is ready has opened all of its ports: nobody waits whether there are more. No balancer has to notice. */
const READY = ['--ready', '/readyz', '--notice', '0']

/** What the drill says of one scenario with the service that has this flaw. */
async function drilled(flaw: string, scenario: string, options: readonly string[] = READY, env = {}): Promise<Drilled> {
  const said = await keelson(
    ['drill', '--json', '--grace', '2', '--scenario', scenario, ...options, '--', process.execPath, fixture('drilled.mjs'), flaw],
    env,
  )
  const report: DrillReport = said.out === '' ? undefined : JSON.parse(said.out)
  const [facts] = report?.scenarios ?? []
  return { ...said, report, facts: facts!, said: facts?.findings.map(({ level, text }) => `${level}: ${text}`).join('\n') ?? '' }
}

interface Drilled extends Said {
  readonly report: DrillReport
  readonly facts: ScenarioReport
  /** What it means, worst first. */
  readonly said: string
}

function runs(pid: number): boolean {
  try {
    // A zombie has no files.
    return readdirSync(`/proc/${pid}/fd`).length > 0
  } catch {
    return false
  }
}

// They wait for processes most of their time.
describe.concurrent('keelson drill', () => {
  describe('F2 the drill finds nothing in a service that is right:', () => {
    it('it loses nothing, says that it is not ready before its port is closed, and ends with 0', async ({ expect }) => {
      // The operating system may take a connection in the instant in which the port closes: one is allowed for.
      const { code, facts, said, err } = await drilled('right', 'term-under-load', [
        '--ready',
        '/readyz',
        '--notice',
        '200ms',
        '--max-lost',
        '1',
      ])
      expect([code, err], said).toEqual([0, 'drill: term-under-load\n'])
      expect(facts.requests).toMatchObject({ inFlight: 0, onTheWire: 0, failed: 0 })
      expect(facts.requests!.answered).toBeGreaterThan(20)
      expect(facts).toMatchObject({ killed: false, exit: { code: 0, signal: null }, left: [], errors: [], preloaded: true })
      expect(facts.readiness!.flippedMs!).toBeLessThan(facts.readiness!.closedMs!)
      expect(said).toMatch(/^note: It said that it is not ready \d+ ms before its port was closed\.$/m)
    })

    it.each(['idle-keep-alive', 'client-leaves', 'term-while-starting', 'ctrl-c-under-a-shell'])('%s', async (scenario) => {
      const { code, facts, said } = await drilled('right', scenario)
      expect(code, said).toBe(0)
      expect(facts).toMatchObject({ scenario, ok: true, killed: false, left: [], errors: [] })
      expect(facts.servedMs).toBeUndefined()
    })
  })

  describe('F3 the drill tells exactly what is wrong:', () => {
    it('nothing ends it but the kill', async ({ expect }) => {
      const { code, facts, said } = await drilled('deaf', 'term-under-load')
      expect(code).toBe(1)
      expect(facts).toMatchObject({ killed: true, exit: { code: null, signal: 'SIGKILL' }, left: [] })
      expect(said).toMatch(
        /^fail: It was still there after the grace of 2 s and was killed; who listens for SIGTERM \(test\/cli\/fixtures\/drilled\.mjs:\d+\) did not end it\.$/m,
      )
    })

    it('process.exit() in a handler of the signal: what was in flight, and where that stands', async ({ expect }) => {
      const { code, facts, said } = await drilled('exits', 'term-under-load')
      expect(code).toBe(1)
      expect(facts).toMatchObject({ killed: false, exit: { code: 0, signal: null }, ending: { call: 'process.exit', code: 0 } })
      expect(facts.requests!.inFlight).toBeGreaterThan(0)
      expect(said).toMatch(/^fail: \d+ of \d+ requests were lost: \d+ in flight/m)
      expect(said).toMatch(
        /^warn: It was ended by process\.exit\(0\) at test\/cli\/fixtures\/drilled\.mjs:\d+, while requests were in flight\.$/m,
      )
    })

    it('the port is closed at once, while it is said to be ready', async ({ expect }) => {
      const { code, facts, said } = await drilled('closes', 'term-under-load', ['--ready', '/readyz'])
      expect(code).toBe(1)
      expect(facts.readiness).toEqual({ closedMs: expect.any(Number) })
      expect(facts.requests!.inFlight).toBeGreaterThan(0)
      expect(facts.requests!.turnedAway).toBeGreaterThan(0)
      expect(said).toMatch(/^warn: Its port was closed while it was still said to be ready/m)
    })

    it('a process is left, also one with a session of its own; the drill has ended it', async ({ expect }) => {
      const { code, facts, said } = await drilled('leaks', 'idle-keep-alive')
      expect(code).toBe(1)
      expect(facts.left).toEqual([{ pid: expect.any(Number), command: expect.stringContaining('setTimeout') }])
      expect(said).toMatch(/^fail: It left 1 process behind: \d+ \(.*setTimeout.*\)\.$/m)
      await expect.poll(() => runs(facts.left[0]!.pid)).toBe(false)
    })

    it('connections without a request hold up the end', async ({ expect }) => {
      const { code, facts, said } = await drilled('keeps', 'idle-keep-alive')
      expect(code).toBe(1)
      expect(facts).toMatchObject({ killed: true })
      expect(facts.held!.map(({ kind }) => kind)).toEqual(['idle', 'idle', 'idle', 'idle', 'silent', 'silent'])
      expect(said).toContain('4 connections that waited for the next request and 2 connections that had sent nothing yet')
    })

    it('it ends too late', async ({ expect }) => {
      const { code, facts, said } = await drilled('late', 'client-leaves', [...READY, '--max-time', '1'])
      expect(code).toBe(1)
      expect(facts).toMatchObject({ killed: false, exit: { code: 0 } })
      expect(facts.timeMs).toBeGreaterThan(1_400)
      expect(said).toMatch(/^fail: It took [\d.]+ s, and 1 s are allowed\.$/m)
    })

    it('its exit code, unless that is said to be none of a failure', async ({ expect }) => {
      const [refused, allowed] = await Promise.all([
        drilled('ends-with-3', 'idle-keep-alive'),
        drilled('ends-with-3', 'idle-keep-alive', [...READY, '--exit-code', '3']),
      ])
      expect([refused.code, allowed.code]).toEqual([1, 0])
      expect(refused.said).toMatch(/^fail: It ended with code 3\.$/m)
    })

    it('an error that nobody handles', async ({ expect }) => {
      const { code, facts, said } = await drilled('throws', 'idle-keep-alive')
      expect(code).toBe(1)
      expect(facts).toMatchObject({ exit: { code: 1 }, errors: ['Error: the queue was closed twice'] })
      expect(said).toMatch(/^fail: Nobody handled an error: Error: the queue was closed twice$/m)
    })

    it('answers that are errors since the signal', async ({ expect }) => {
      const { code, facts } = await drilled('fails', 'term-under-load')
      expect(code).toBe(1)
      expect(facts.requests!.failed).toBeGreaterThan(0)
    })

    it('a start that goes on, and a service that takes requests although it was told to end', async ({ expect }) => {
      const { code, facts, said } = await drilled('goes-on-starting', 'term-while-starting')
      expect(code).toBe(1)
      expect(facts).toMatchObject({ killed: true, servedMs: expect.any(Number) })
      expect(said).toMatch(/^fail: It went on starting, and began to take requests [\d.]+ m?s after SIGTERM\.$/m)
    })
  })

  describe('F4 a dependency', () => {
    const greet = (socket: Socket) => void socket.on('error', () => {}).end('hello')
    const upstream = async (listener: (socket: Socket) => void = greet) => {
      const server = createServer(listener).listen(0, '127.0.0.1')
      atTheEnd(() => void server.close())
      await once(server, 'listening')
      return `127.0.0.1:${(server.address() as { port: number }).port}`
    }

    it('that answers nothing holds up the end; one that is cut does not', async ({ expect }) => {
      const address = await upstream()
      const options = [...READY, '--dependency', `UPSTREAM=${address}`]
      const [wedged, cut] = await Promise.all([
        drilled('asks-its-dependency', 'dependency-wedged', options, { UPSTREAM: address }),
        drilled('asks-its-dependency', 'dependency-cut', options, { UPSTREAM: address }),
      ])
      expect([wedged.code, cut.code], cut.said).toEqual([1, 0])
      expect(wedged.said).toMatch(/and was killed; its dependency answered nothing\.$/m)
      expect(cut.facts.killed).toBe(false)
    })

    it('that is cut ends a service that does not expect it', async ({ expect }) => {
      const address = await upstream((socket) => socket.on('error', () => {}))
      const env = { UPSTREAM: address }
      const { code, facts, said } = await drilled(
        'needs-its-dependency',
        'dependency-cut',
        [...READY, '--dependency', `UPSTREAM=${address}`],
        env,
      )
      expect(code).toBe(1)
      expect(facts).toMatchObject({ endedBefore: true, exit: { code: 1 } })
      expect(said).toMatch(/^fail: It ended with code 1 before it was told to\.$/m)
      expect(said).toMatch(/^fail: Nobody handled an error: Error: read ECONNRESET$/m)
    })

    it('that was never connected to is no proof', async ({ expect }) => {
      const { said } = await drilled('right', 'dependency-cut', [...READY, '--dependency', `NOBODY=${await upstream()}`])
      expect(said).toMatch(/^warn: Nothing connected to what NOBODY leads to/m)
    })
  })

  describe('F1 a service that cannot be drilled is said to be so', () => {
    const drill = (...args: string[]) => keelson(['drill', '--start-timeout', '2', '--scenario', 'term-under-load', ...args])

    it('with what it has written last, and no secret in it', async ({ expect }) => {
      const script = 'console.error("cannot reach postgres://shop:hunter2@db:5432"); process.exit(7)'
      const { code, err } = await drill('--', process.execPath, '-e', script)
      expect(code).toBe(4)
      expect(err).toMatch(/the service ended with code 7 before it answered\n {2}\| cannot reach postgres:\/\/\*\*\*@db:5432\n/)
    })

    it('when it listens nowhere', async ({ expect }) => {
      const { code, err } = await drill('--', process.execPath, '-e', 'setTimeout(() => {}, 60_000)')
      expect([code, err]).toEqual([4, expect.stringContaining('the service was not there after 2 s: it listens on no port')])
    })

    it('when it listens on several ports', async ({ expect }) => {
      const script = 'for (const n of [1, 2]) require("http").createServer((_, res) => res.end()).listen(0)'
      const { code, err } = await drill('--', process.execPath, '-e', script)
      expect(code).toBe(2)
      expect(err).toMatch(/it answers HTTP on the ports \d+, \d+\n {2}say by --port/)
    })

    it('unless a path says which of them', async ({ expect }) => {
      const script = `for (const path of ['/a', '/b']) {
        require('http').createServer((req, res) => res.writeHead(req.url === path ? 200 : 404).end()).listen(0)
      }`
      const said = await keelson([
        'drill',
        '--scenario',
        'idle-keep-alive',
        '--path',
        '/',
        '--path',
        '/b',
        '--',
        process.execPath,
        '-e',
        script,
      ])
      expect([said.code, said.out], said.err).toEqual([0, expect.stringContaining('passed: 1 scenario on port')])
    })

    it('when somebody else has its port', async ({ expect }) => {
      const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port } = server.address() as { port: number }
      const { code, err } = await drill('--port', String(port), '--', process.execPath, '-e', '')
      server.close()
      expect([code, err]).toEqual([2, expect.stringContaining(`somebody listens on port ${port} already`)])
    })

    it.each([
      [['--scenario', 'term', '--', 'node'], /there is no scenario "term"/],
      [['--dependency', 'db', '--', 'node'], /--dependency db names nothing/],
      [['--path', 'orders', '--', 'node'], /--path orders is no path/],
      [['--', '/no/such/command'], /\/no\/such\/command could not be started: there is no such program/],
      [['--junit', '/no/such/drill.xml', '--', 'node'], /\/no\/such\/drill\.xml cannot be written: there is no such folder/],
      [[], /there is no command/],
    ])('%j', async (args, message) => {
      const { code, err } = await keelson(['drill', ...args])
      expect(code).toBe(2)
      expect(err).toMatch(message)
    })
  })

  it('F5 the report is a table of what is worst first, and JUnit; nothing of the drill is left', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'keelson-test-'))
    atTheEnd(() => rmSync(folder, { recursive: true, force: true }))
    const file = join(folder, 'drill.xml')
    const scenarios = ['--scenario', 'idle-keep-alive', '--scenario', 'term-under-load']
    const { code, out } = await keelson(
      ['drill', ...scenarios, '--junit', file, '--', process.execPath, fixture('drilled.mjs'), 'exits'],
      { TMPDIR: folder },
    )
    expect(code).toBe(1)
    expect(out).toMatch(
      /^ +scenario +lost +in flight .*\n✗ term-under-load .*\n✓ idle-keep-alive .*\n\nfail {2}term-under-load: \d+ of/,
    )
    expect(out).toMatch(/\nfailed: 1 of 2 scenarios on port \d+, with a grace of 10 s\n$/)
    const xml = readFileSync(file, 'utf8')
    expect(xml).toMatch(/<testsuites name="keelson drill" tests="2" failures="1"/)
    expect(xml).toMatch(/name="term-under-load" .*\n\s+<failure message="\d+ of \d+ requests were lost/)
    expect(readdirSync(folder)).toEqual(['drill.xml'])
  })

  it('F7 Ctrl-C ends the drill and what it has started', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'keelson-test-'))
    atTheEnd(() => rmSync(folder, { recursive: true, force: true }))
    const script = `require('fs').writeFileSync(${JSON.stringify(join(folder, 'pid'))}, String(process.pid)); setTimeout(() => {}, 60_000)`
    const child = spawn(process.execPath, [BIN, 'drill', '--', process.execPath, '-e', script], { stdio: 'ignore' })
    atTheEnd(() => void child.kill('SIGKILL'))
    await expect.poll(() => readdirSync(folder)).toEqual(['pid'])
    await expect.poll(() => readFileSync(join(folder, 'pid'), 'utf8')).not.toBe('')
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'))
    child.kill('SIGINT')
    const [code] = await once(child, 'exit')
    expect(code).toBe(130)
    await expect.poll(() => runs(pid)).toBe(false)
  })

  it('F6 the hook of the drill changes nothing that a service can see', async () => {
    const script = `
    const { on, once, emit } = process
    const seen = [process.exit.name, process.exit.length, on.name, on.length, Object.hasOwn(process, 'on'), process.eventNames(),
      process.listenerCount('exit'), Object.keys(Object.getPrototypeOf(process))]
    process.on('SIGTERM', () => {}).once('SIGTERM', () => {})
    console.log(JSON.stringify([...seen, process.listenerCount('SIGTERM')]))
    setTimeout(() => {}, 60_000)`
    const [plain, hooked] = await Promise.all([saidBy([process.execPath, '-e', script]), underDrill(script)])
    expect(hooked).toBe(plain)
  })
})

async function saidBy([command, ...args]: [string, ...string[]]): Promise<string> {
  const child = spawn(command, args)
  atTheEnd(() => void child.kill('SIGKILL'))
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data')
  return line.trim()
}

/** The last line of a service that does not answer. */
async function underDrill(script: string): Promise<string> {
  const { err } = await keelson(['drill', '--start-timeout', '1', '--', process.execPath, '-e', script])
  return /\| (.*)\n/.exec(err)![1]!
}
