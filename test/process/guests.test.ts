import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Child, runFixture } from './child.js'

interface Said {
  event?: string
  to?: string
  held?: { event: string; package?: string; at?: string }[]
  msg: string
}

const linesOf = (output: string) =>
  output.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Said & Record<string, unknown>] : []))
const about = (output: string, event: string) => linesOf(output).filter((line) => line.event === event)
const heldIn = (output: string) => linesOf(output).find(({ to }) => to === 'running')?.held

/** While a request is in flight. */
async function signalled(child: Child, signal: NodeJS.Signals = 'SIGTERM') {
  await child.said(/asked\n/)
  child.kill(signal)
  return child.ended
}

function expectInOrder(output: string, ...texts: string[]): void {
  const places = texts.map((text) => output.indexOf(text))
  expect(places, `${texts.join(' < ')} in ${output}`).toEqual([...places].sort((a, b) => a - b))
  expect(places).not.toContain(-1)
}

describe('X6 packages that answer signals themselves', () => {
  it.each([
    ['exit-hook', 'exit-hook'],
    ['close-with-grace', 'close-with-grace'],
    ['node-graceful-shutdown', 'node-graceful-shutdown'],
    ['nest', undefined],
    ['prisma', undefined],
    ['bullmq', undefined],
    ['pg-boss', undefined],
  ])('%s has its turn when everything has stopped, and changes nothing of the exit code', async (guest, name) => {
    const { code, signal, output } = await signalled(runFixture('guests', { GUEST: guest }))
    expectInOrder(output, 'client: 200', 'db was stopped', `${guest} begins, the kernel is stopped`, `${guest} is done`, 'exit 0')
    expect(output).toContain('run() returned 0')
    expect({ code, signal }).toEqual({ code: 0, signal: null })
    const [held] = heldIn(output) ?? []
    expect(held).toMatchObject({ event: 'SIGTERM', at: expect.stringMatching(/\.m?js:\d+$/), ...(name && { package: name }) })
    expect(about(output, 'process:ended')).toEqual([])
  })

  it.each(['exit-hook', 'close-with-grace', 'node-graceful-shutdown', 'nest'])(
    '%s, put on the process when everything runs, has its turn then, too',
    async (guest) => {
      const { code, output } = await signalled(runFixture('guests', { GUEST: guest, LATE: 1 }))
      expectInOrder(
        output,
        'client: 200',
        'db was stopped',
        `${guest} begins, the kernel is stopped`,
        `${guest} is done`,
        'exit 0',
      )
      expect(code).toBe(0)
    },
  )

  it('signal-exit sees that it is not alone, and hears of the exit', async () => {
    const { code, signal, output } = await signalled(runFixture('guests', { GUEST: 'signal-exit' }))
    expectInOrder(output, 'client: 200', 'db was stopped', 'exit 0', 'signal-exit: 0 null, the kernel is stopped')
    expect({ code, signal }).toEqual({ code: 0, signal: null })
    expect(heldIn(output)).toContainEqual(expect.objectContaining({ event: 'SIGTERM', package: 'signal-exit' }))
  })

  it('a listener that ends the process some time later does not change the exit code either', async () => {
    const { code, output } = await signalled(runFixture('guests', { GUEST: 'timer' }))
    expectInOrder(output, 'client: 200', 'db was stopped', 'run() returned 0', 'exit 0')
    expect(code).toBe(0)
  })

  it('one that fails is told, keeps none from its turn, and makes nothing of the exit code', async () => {
    const { code, output } = await signalled(runFixture('guests', { GUEST: 'throwing' }))
    expect(about(output, 'process:listener')).toMatchObject([
      {
        level: 40,
        signal: 'SIGTERM',
        at: expect.stringMatching(/guests\.mjs:\d+$/),
        error: { message: 'no collector at http://***@collector/' },
      },
    ])
    expectInOrder(output, 'db was stopped', 'the next is done', 'run() returned 0')
    expect(code).toBe(0)
  })

  it('one that hangs is told, and waited for no longer than the budget allows', async () => {
    const { code, output } = await signalled(runFixture('guests', { GUEST: 'hanging', TIMEOUT: 4_000 }))
    const [told] = about(output, 'process:listener')
    expect(told).toMatchObject({ level: 40, signal: 'SIGTERM', msg: expect.stringContaining('did not end within') })
    expect(told!.afterMs).toBeLessThan(4_000)
    expectInOrder(output, 'the next begins', 'run() returned 0')
    expect(code).toBe(0)
  })

  it('a signal that is left out of signals is called when it comes', async () => {
    const shop = runFixture('guests', { GUEST: 'reload', SIGNALS: 'SIGTERM,SIGINT' })
    await shop.said(/asked\n/)
    shop.kill('SIGHUP')
    await shop.said(/reloading, the kernel is running/)
    const { code, output } = await signalled(shop)
    expectInOrder(output, 'reloading, the kernel is running', 'client: 200', 'db was stopped', 'exit 0')
    expect(heldIn(output)).toBeUndefined()
    expect(code).toBe(0)
  })

  it('beforeExit comes where the process is ended by force, too', async () => {
    const { code, output } = await signalled(runFixture('guests', { GUEST: 'beforeExit' }))
    expectInOrder(output, 'db was stopped', 'still alive', '\nbeforeExit', 'exit 0')
    expect(code).toBe(0)
  })

  it('what ends the process when nothing keeps it alive does not change a code that is 1, and has the time of a turn', async () => {
    const { code, output } = await signalled(runFixture('guests', { GUEST: 'last-flush', FAIL: 1 }))
    expectInOrder(output, 'run() returned 1', 'last-flush begins', 'last-flush is done', 'last-flush ends it', 'exit 1')
    expect(output).not.toContain('still alive')
    expect(code).toBe(1)
  })

  it('with exit: false the application ends the process, and everything is as it was', async () => {
    const { code, output } = await signalled(runFixture('guests', { GUEST: 'prisma', EXIT: 'false' }))
    expectInOrder(output, 'db was stopped', 'prisma is done', 'run() returned 0', 'exit 0')
    expect(code).toBe(0)
  })

  it('with custody: false they are called at the signal, and who ends the process is told', async () => {
    const { code, output } = await signalled(runFixture('guests', { GUEST: 'prisma', CUSTODY: 'false' }))
    expectInOrder(output, 'prisma begins, the kernel is', 'prisma is done', 'process.exit() was called by')
    expect(output).not.toContain('db was stopped')
    expect(heldIn(output)).toBeUndefined()
    expect(about(output, 'process:ended')).toMatchObject([
      {
        level: 50,
        call: 'process.exit',
        exitCode: 143,
        at: expect.stringMatching(/guests\.mjs:\d+$/),
        requests: 1,
        unfinished: ['db', 'api'],
      },
    ])
    expect(code).toBe(143)
  })
})

describe('X7 who ended it', () => {
  it.each([
    ['exit', 'process.exit', { exitCode: 42 }, { code: 42, signal: null }],
    ['kill', 'process.kill', { signal: 'SIGKILL' }, { code: null, signal: 'SIGKILL' }],
  ] as const)('process.%s() in a shutdown is told before the process goes', async (self, call, known, end) => {
    const { code, signal, output } = await signalled(runFixture('guests', { SELF: self }))
    expect(about(output, 'process:ended')).toMatchObject([
      {
        level: 50,
        call,
        ...known,
        at: expect.stringMatching(/guests\.mjs:\d+$/),
        requests: 1,
        work: { count: 1, oldest: [{ label: 'GET /' }] },
        unfinished: ['db', 'api'],
        afterMs: expect.any(Number),
      },
    ])
    expect({ code, signal }).toEqual(end)
  })

  it("with exitDuringDrain 'wait' the exit comes when the shutdown is over, with its code", async () => {
    const { code, output } = await signalled(runFixture('guests', { SELF: 'exit', WAIT: 1 }))
    expect(about(output, 'process:ended')).toMatchObject([{ level: 40, exitCode: 42, kept: true }])
    expectInOrder(output, 'exit code 42 is kept', 'client: 200', 'db was stopped', 'run() returned 42', 'exit 42')
    expect(code).toBe(42)
  })
})

/** What is sent there, until the end of the test. */
async function receiver() {
  const bodies: string[] = []
  const server = createServer(async (req: IncomingMessage, res) => {
    bodies.push(await text(req))
    res.setHeader('content-type', 'application/json').end('{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close().closeAllConnections())
  return { bodies, port: (server.address() as AddressInfo).port }
}

describe('X6 OpenTelemetry', () => {
  it('sends the spans of the drain, too, loaded by its register module', async () => {
    const { bodies, port } = await receiver()
    const shop = runFixture('traced', {
      NODE_OPTIONS: `--require ${createRequire(import.meta.url).resolve('@opentelemetry/auto-instrumentations-node/register')}`,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_NODE_RESOURCE_DETECTORS: 'none',
      // Nothing is sent before the end.
      OTEL_BSP_SCHEDULE_DELAY: 60_000,
    })
    const { code, output } = await signalled(shop)
    expect(output).toContain('client: 200')
    expect(code).toBe(0)
    const sent = bodies.join('\n')
    expect(sent).toContain('"a late order"')
    expect(sent).toContain('"db.stop"')
    expect(heldIn(output)).toContainEqual({
      event: 'SIGTERM',
      name: 'shutdown',
      package: '@opentelemetry/auto-instrumentations-node',
      at: expect.stringMatching(/^@opentelemetry\/auto-instrumentations-node\/build\/src\/register\.js:\d+$/),
    })
  })
})

describe('X7 Sentry and an exception that nobody catches', () => {
  it('reports it, and everything in flight is finished', async () => {
    const { bodies, port } = await receiver()
    const { code, output } = await runFixture('sentry', { REPORTS: `http://key@127.0.0.1:${port}/1` }).ended
    expectInOrder(output, 'uncaught exception: nobody catches this; shutting down', 'client: 200', 'db was stopped')
    expect(bodies.join('\n')).toContain('nobody catches this')
    expect(code).toBe(1)
  })

  it('is told of when it ends the process in the middle of that', async () => {
    const { port } = await receiver()
    const shop = runFixture(
      'sentry',
      { REPORTS: `http://key@127.0.0.1:${port}/1`, STRICT: 'true' },
      undefined,
      /nobody catches this/,
    )
    const { code, output } = await shop.ended
    expect(about(output, 'process:ended')).toMatchObject([
      {
        level: 50,
        call: 'process.exit',
        exitCode: 1,
        package: expect.stringMatching(/^@sentry\//),
        requests: 1,
        unfinished: ['db', 'api'],
      },
    ])
    expect(output).not.toContain('client: 200')
    expect(code).toBe(1)
  })

  it("is made to wait by exitDuringDrain 'wait'", async () => {
    const { port } = await receiver()
    const env = { REPORTS: `http://key@127.0.0.1:${port}/1`, STRICT: 'true', WAIT: 1 }
    const { code, output } = await runFixture('sentry', env, undefined, /nobody catches this/).ended
    expectInOrder(output, 'exit code 1 is kept', 'client: 200', 'db was stopped')
    expect(code).toBe(1)
  })
})
