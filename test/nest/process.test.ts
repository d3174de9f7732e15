import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runInGroup } from '../process/child.js'
import { compileApp, VERSIONS } from './nest-app.js'

const KINDS = [...VERSIONS.map((version) => [version, 'esm'] as const), [11, 'commonjs'] as const]

describe.each(KINDS)('NestJS %i, as %s', (version, format) => {
  let app: ReturnType<typeof compileApp>
  beforeAll(() => {
    app = compileApp('orders', version, format)
  })
  afterAll(() => app.remove())

  const start = (env: Record<string, string>) =>
    runInGroup(process.execPath, [app.file], { env: { PATH: process.env.PATH ?? '', ...env } })

  /** Runs until it listens, has a request in flight when the signal comes, and tells what was answered and said. */
  async function terminated(env: Record<string, string>) {
    const child = start(env)
    const [, found, url] = await child.said(/^nest (\d+)\..* at (.*\/)$/m)
    expect(Number(found)).toBe(version)
    const answer = fetch(`${url}orders/7?ms=500`).then((res) => res.text())
    await child.said(/asked for 7/)
    child.kill('SIGTERM')
    const { code, output } = await child.ended
    return { answer: await answer, code, output }
  }

  describe.each(['express', 'fastify'])('on %s', (platform) => {
    it('N1 answers what is in flight at SIGTERM, calls the hooks, stops what the app depends on, and ends with code 0', async () => {
      const { answer, code, output } = await terminated({ PLATFORM: platform })
      expect([answer, code]).toEqual(['order 7', 0])
      expect(output).toMatch(
        /onModuleInit.*asked for 7.*SIGTERM: draining.*onModuleDestroy.*onApplicationShutdown SIGTERM.*db stopped/s,
      )
    })

    it('X2 tells an error of a hook at the end, calls the others all the same, and ends with code 1', async () => {
      const { answer, code, output } = await terminated({ PLATFORM: platform, FAIL: 'onModuleDestroy' })
      expect([answer, code]).toEqual(['order 7', 1])
      expect(output).toContain('Orders.onModuleDestroy() failed: onModuleDestroy went wrong')
      expect(output).toMatch(/onApplicationShutdown SIGTERM.*db stopped/s)
    })

    it('X6 ignores enableShutdownHooks(), with one line', async () => {
      const { answer, code, output } = await terminated({ PLATFORM: platform, SIGNALS: 'hooks' })
      expect([answer, code]).toEqual(['order 7', 0])
      expect(output.match(/enableShutdownHooks\(\) does nothing/g)).toHaveLength(1)
      expect(output.match(/^onModuleDestroy$/gm)).toHaveLength(1)
    })

    it('S3 rolls back a start that fails in a hook, instead of ending the process behind the back of all others', async () => {
      const { code, output } = await start({ PLATFORM: platform, FAIL: 'onModuleInit', LOGGER: 'none' }).ended
      expect(code).toBe(1)
      expect(output).toContain('its step Orders.onModuleInit(): onModuleInit went wrong')
      expect(output).toContain('db stopped')
    })
  })
})
