import { describe, expect, it } from 'vitest'
import { runFixture } from './child.js'

describe('X2 the exit', () => {
  it('comes by itself, with code 0, when the application shuts its kernel down', async () => {
    const { code, output } = await runFixture('job').ended
    expect(output).toContain('run() returned 0\nended by itself with 0')
    expect(code).toBe(0)
  })

  it('has code 1 when a resource failed to stop', async () => {
    const { code, output } = await runFixture('job', { FAIL: 1 }).ended
    expect(output).toContain('resource \\"db\\" failed to stop: the last write failed')
    expect(output).toContain('job stopped with 1 error')
    expect(output).not.toContain('unhandled rejection')
    expect(output).toContain('run() returned 1')
    expect(code).toBe(1)
  })

  it("has code 0 when only a resource with impact 'none' did, whoever waits for that shutdown", async () => {
    const { code, output } = await runFixture('job', { FAIL: 1, IMPACT: 'none' }).ended
    expect(output).toContain('job stopped with 1 error')
    expect(output).toContain('run() returned 0')
    expect(code).toBe(0)
  })

  it('keeps an exitCode that the application set', async () => {
    expect(await runFixture('job', { CODE: 42 }).ended).toMatchObject({
      code: 42,
      output: expect.stringContaining('run() returned 42'),
    })
    expect(await runFixture('job', { CODE: 42, FAIL: 1 }).ended).toMatchObject({ code: 42 })
  })

  it('is prepared by watching what is opened, but only while the kernel starts', async () => {
    const { output } = await runFixture('job', { WATCH: 1 }).ended
    expect(output).toContain('promises are watched at the start: true\n')
    expect(output).toContain('promises are watched then: false\n')
  })

  it('is forced after exitGrace, with the name of what keeps the process alive, and has code 1 where a resource holds it', async () => {
    const { code, output } = await runFixture('still-alive').ended
    expect(code).toBe(1)
    const dump = output.split('\n').find((line) => line.includes('still-alive'))
    const { holders, msg } = JSON.parse(dump!) as { holders: object[]; msg: string }
    expect(msg).toContain('still alive 300 ms after job stopped, exit code 1')
    expect(holders).toHaveLength(5)
    expect(holders).toContainEqual({ kind: 'timer', what: 'setTimeout or setInterval', count: 2 })
    expect(holders).toContainEqual({
      kind: 'connection',
      what: expect.stringMatching(/^to 127\.0\.0\.1:\d+$/),
      count: 1,
      resource: 'db',
      at: expect.stringContaining('still-alive.mjs:'),
    })
    expect(holders).toContainEqual({
      kind: 'timer',
      what: 'setInterval',
      count: 1,
      resource: 'db',
      at: expect.stringContaining('still-alive.mjs:'),
    })
    expect(holders).toContainEqual({ kind: 'server', what: expect.stringMatching(/^listening on 127\.0\.0\.1:\d+$/), count: 1 })
  })

  it('has code 0 where only those have gone who read the output', async () => {
    const shop = runFixture('dead-output')
    await shop.said(/shop is ready/)
    shop.process.stdout?.destroy()
    shop.process.stderr?.destroy()
    shop.kill('SIGTERM')
    expect(await shop.ended).toMatchObject({ code: 0, signal: null })
  })

  it('comes exitGrace after the last of several kernels, and is told of that one', async () => {
    const { code, output } = await runFixture('two-runs').ended
    expect(output).toContain('still alive 1 s after second stopped')
    expect(output).not.toContain('after first stopped')
    expect(code).toBe(0)
  })

  it('has code 1 when a stop hangs, and says which', async () => {
    const shop = runFixture('hang', { STOP: 300 })
    await shop.said(/shop is ready/)
    shop.kill('SIGTERM')
    const { code, output } = await shop.ended
    expect(output).toContain('"unfinished":{"db":"timed-out"}')
    expect(code).toBe(1)
  })
})

describe('X3 the process while a kernel runs in it', () => {
  it('has its listeners back, and nothing that keeps it alive, when run() ends', async () => {
    const job = runFixture('listeners')
    const [during] = await job.said(/during .*/)
    expect(during).toBe('during 1,1,1,1,1,0')
    job.kill('SIGTERM')
    const { code, output } = await job.ended
    expect(output).toContain('before 0,0,0,0,0,0\nafter 0,0,0,0,0,0\nactive \ncode 0\n')
    expect(code).toBe(0)
  })

  it.each([
    ['exception', 'uncaught exception'],
    ['rejection', 'unhandled rejection'],
    ['start', 'uncaught exception'],
  ])('is shut down with code 1 after an error that nobody caught: %s', async (kind, name) => {
    const { code, output } = await runFixture('uncaught', { KIND: kind }).ended
    expect(output).toContain(`"msg":"${name}: nobody catches mongodb://***@db/; shutting down"`)
    expect(output).toContain('db was stopped, live: false')
    expect(output).toContain(kind === 'start' ? 'giving up the start' : `${name}: draining`)
    expect(output).not.toContain('hunter2')
    expect(code).toBe(1)
  })
})

describe('X3 rejections that are only reported', () => {
  const said = (output: string) => [...output.matchAll(/"msg":"([^"]*nobody catches[^"]*)"/g)].map(([, msg]) => msg)

  it.each(['rejection', 'stopping'])('end nothing, and are no failure: %s', async (kind) => {
    const shop = runFixture('uncaught', { KIND: kind, REPORT: 1 })
    await shop.said(kind === 'rejection' ? /nobody catches/ : /shop is ready/)
    shop.kill('SIGTERM')
    const { code, output } = await shop.ended
    expect(said(output)).toEqual(['unhandled rejection: nobody catches mongodb://***@db/'])
    expect(output).toContain('SIGTERM: draining')
    expect(output).toContain('db was stopped, live: true')
    expect(code).toBe(0)
  })

  it('are unlike exceptions', async () => {
    const { code, output } = await runFixture('uncaught', { KIND: 'exception', REPORT: 1 }).ended
    expect(said(output)).toEqual(['uncaught exception: nobody catches mongodb://***@db/; shutting down'])
    expect(code).toBe(1)
  })

  it.each([
    ['report', { REPORT: 1 }, ''],
    ['shutdown', {}, '; shutting down'],
  ])('are told once where Node takes them for exceptions, too: %s', async (_name, env, then) => {
    const NODE_OPTIONS = '--unhandled-rejections=strict'
    const shop = runFixture('uncaught', { KIND: 'rejection', NODE_OPTIONS, ...env })
    await shop.said(/nobody catches/)
    if (then === '') shop.kill('SIGTERM')
    const { code, output } = await shop.ended
    expect(said(output)).toEqual([`unhandled rejection: nobody catches mongodb://***@db/${then}`])
    expect(code).toBe(then === '' ? 0 : 1)
  })
})

describe('X3 an error that nobody caught, while the kernel stops', () => {
  it('is told, makes the code 1, and shortens nothing', async () => {
    const { code, output } = await runFixture('uncaught', { KIND: 'stop', DELAY: 400 }).ended
    const lines = output.split('\n').filter((line) => line.startsWith('{'))
    const events = lines.map((line) => JSON.parse(line) as { to?: string; msg: string; durationMs: number; errors: object[] })
    expect(events.map(({ msg }) => msg)).toContain('uncaught exception: nobody catches mongodb://***@db/')
    expect(output).toContain('db was stopped, live: true')
    expect(events.at(-1)).toMatchObject({ to: 'stopped', reason: 'deploy', ok: false, exitCode: 1, errors: [{}] })
    expect(events.at(-1)?.durationMs).toBeGreaterThan(350)
    expect(code).toBe(1)
  })
})

describe('X10 a process that is not well', () => {
  it('does not serve on for a load balancer in Kubernetes', async () => {
    const { code, output } = await runFixture('uncaught', { KIND: 'exception', KUBERNETES_SERVICE_HOST: '10.0.0.1' }).ended
    const [, ms] = /"to":"stopped".*"durationMs":(\d+)/.exec(output)!
    expect(Number(ms)).toBeLessThan(4_000)
    expect(code).toBe(1)
  })
})

describe('L6 a logger that has ended', () => {
  it.each(['throw', 'stream'])('takes neither the process nor the last line with it: %s', async (kind) => {
    const { code, output } = await runFixture('ended-logger', { KIND: kind }).ended
    expect(output).toContain('logged: shop is ready')
    expect(output).toContain('the log function failed')
    expect(output).toMatch(/"msg":"shop stopped in .*, exit code 0"/)
    expect(code).toBe(0)
  })
})

describe('X3 whatever was thrown', () => {
  it.each(['proxy', 'symbol', 'stack'])('stops everything with code 1: %s', async (kind) => {
    const { code, output } = await runFixture('uncaught', { KIND: kind }).ended
    expect(output).toContain('db was stopped, live: false')
    expect(output).toMatch(/shop stopped in .*, exit code 1/)
    expect(code).toBe(1)
  })
})

describe('X4 a kernel that fails at run time', () => {
  it('is shut down, with code 1', async () => {
    const { code, output } = await runFixture('failing').ended
    expect(output).toContain('shop failed: the disk is gone')
    expect(output).toMatch(/shop stopped in .*, exit code 1/)
    expect(code).toBe(1)
  })

  it("stays up with onFailure 'wait', not live, until the platform ends it with code 1", async () => {
    const shop = runFixture('failing', { WAIT: 1 })
    const [, url] = await shop.said(/"probes":"(http:[^"]*)\/readyz"/)
    await shop.said(/waiting for the platform to end the process/)
    expect((await fetch(`${url}/livez`)).status).toBe(503)
    shop.kill('SIGTERM')
    expect((await shop.ended).code).toBe(1)
  })
})
