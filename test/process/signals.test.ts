import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { type Child, later, runFixture, runFixtureInGroup, runFixtureOnTerminal } from './child.js'

const script = spawnSync('script', ['-qefc', 'true', '/dev/null']).status === 0

/** Ctrl-C until it ends: what comes within 250 ms of one before is the same one. */
async function pressCtrlC(child: Child) {
  let over = false
  const ended = child.ended.finally(() => {
    over = true
  })
  while (!over) {
    child.process.stdin?.write('\x03')
    await Promise.race([ended, later(400)])
  }
  return ended
}

describe('X1 signals', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s stops everything and ends with code 0', async (signal) => {
    const shop = runFixture('shop')
    await shop.said(/shop is ready/)
    shop.kill(signal)
    const { code, output } = await shop.ended
    expect(output).toContain(`"msg":"${signal}: draining"`)
    expect(output).toMatch(/"msg":"shop stopped in .*, exit code 0"/)
    expect(code).toBe(0)
  })

  it('a repeated SIGTERM means the same as the first, and so does a SIGINT that is of no terminal', async () => {
    const shop = runFixtureInGroup('hang', {})
    await shop.said(/shop is ready/)
    shop.kill('SIGTERM')
    await shop.said(/SIGTERM: draining/)
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      await later(300)
      shop.kill(signal)
      await shop.said(new RegExp(`"msg":"${signal}: shop is stopping already"`))
    }
    await later(300)
    shop.kill('SIGINT')
    await shop.said(/("SIGINT: shop is stopping already".*){2}/s)
    shop.kill('SIGKILL')
    const { signal, output } = await shop.ended
    expect(output).not.toContain('again')
    expect(signal).toBe('SIGKILL')
  })

  it.runIf(script)(
    'a second Ctrl-C on a terminal, 250 ms later, exits at once with 130 and names what was not stopped',
    async () => {
      const shop = runFixtureOnTerminal('hang', { DELAY: 50_000 })
      await shop.said(/shop is ready/)
      const { code, output } = await pressCtrlC(shop)
      // Nobody sends requests here: the delay is skipped.
      expect(output).toContain('SIGINT: draining')
      expect(output).toContain('SIGINT again: exiting at once, without having stopped db, exit code 130')
      expect(code).toBe(130)
    },
  )

  it("with secondSignal 'exit' any second signal 250 ms later exits at once with 128 + n", async () => {
    const shop = runFixture('hang', { SECOND: 'exit' })
    await shop.said(/shop is ready/)
    shop.kill('SIGTERM')
    await shop.said(/SIGTERM: draining/)
    await later(300)
    shop.kill('SIGTERM')
    const { code, output } = await shop.ended
    expect(output).toContain('SIGTERM again: exiting at once, without having stopped db, exit code 143')
    expect(code).toBe(143)
  })

  it('a second signal that comes sooner is the same one, forwarded', async () => {
    const shop = runFixture('hang', { STOP: 700 })
    await shop.said(/shop is ready/)
    shop.kill('SIGINT')
    await shop.said(/SIGINT: draining/)
    shop.kill('SIGINT')
    const { code, output } = await shop.ended
    expect(output).not.toContain('again')
    expect(output).toContain('did not finish its stop within')
    expect(code).toBe(1)
  })

  it('a forwarded signal that comes when everything has stopped does not kill the process', async () => {
    const shop = runFixture('shop')
    await shop.said(/shop is ready/)
    shop.kill('SIGINT')
    await shop.said(/shop stopped/)
    shop.kill('SIGINT')
    expect(await shop.ended).toMatchObject({ code: 0, signal: null })
  })

  it('with exit: false such a signal resolves run() at once', async () => {
    const shop = runFixture('hang', { EXIT: 'false', SECOND: 'exit' })
    await shop.said(/shop is ready/)
    shop.kill('SIGTERM')
    await shop.said(/SIGTERM: draining/)
    await later(300)
    shop.kill('SIGTERM')
    const { code, output } = await shop.ended
    expect(output).toContain('run() returned 143')
    expect(code).toBe(7)
  })
})

describe('X3, S7 a signal during the start', () => {
  it('gives the start up, stops what had started and ends with code 0', async () => {
    const shop = runFixture('slow-start')
    await shop.said(/starting\n/)
    shop.kill('SIGTERM')
    const { code, output } = await shop.ended
    expect(output).toContain('SIGTERM: giving up the start')
    expect(output).toContain('db was stopped')
    expect(output).not.toContain('is ready')
    expect(code).toBe(0)
  })

  it('is bounded when the start does not listen, and then ends with code 1', async () => {
    const shop = runFixture('slow-start', { DEAF: 1 })
    await shop.said(/starting\n/)
    shop.kill('SIGTERM')
    const { code, output } = await shop.ended
    expect(output).toContain('db was stopped')
    expect(code).toBe(1)
  })
})

describe('X5 a signal in Kubernetes', () => {
  it('leaves the work going on, not ready, for a fifth of the shutdown, at most 5 s', async () => {
    const shop = runFixture('shop', { KUBERNETES_SERVICE_HOST: '10.0.0.1', TIMEOUT: 4_000 })
    const [, url, probes] = await shop.said(/"api":"(http:[^"]*)".*"probes":"(http:[^"]*)"/)
    shop.kill('SIGTERM')
    await shop.said(/SIGTERM: draining/)
    const drainingSince = performance.now()
    expect((await fetch(probes!)).status).toBe(503)
    expect((await fetch(url!)).status).toBe(200)
    const { code, output } = await shop.ended
    expect(performance.now() - drainingSince).toBeGreaterThan(700)
    expect(output).toContain('it was asked 1 times')
    expect(code).toBe(0)
  })
})
