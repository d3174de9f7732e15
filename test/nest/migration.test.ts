import { freePort } from '@keelson/test-servers'
import { afterAll, describe, expect, it } from 'vitest'
import { runInGroup } from '../process/child.js'
import { compileApp, VERSIONS } from './nest-app.js'

describe.each(VERSIONS)('docs/nest.md, on NestJS %i', (version) => {
  const apps: ReturnType<typeof compileApp>[] = []
  afterAll(() => {
    for (const { remove } of apps) remove()
  })

  /** Runs a program of the page, has a request in flight when SIGTERM comes, and tells how that ends. */
  async function terminated(name: string) {
    const app = compileApp(name, version)
    apps.push(app)
    const port = await freePort()
    // Nest says on the standard error that a hook or a handler has failed.
    const command = `exec "${process.execPath}" "${app.file}" 2>&1`
    const child = runInGroup('/bin/sh', ['-c', command], {
      env: { PATH: process.env.PATH ?? '', PORT: String(port), NO_COLOR: '1' },
    })
    const ask = async (path: string) => {
      const res = await fetch(`http://127.0.0.1:${port}/${path}`)
      return { status: res.status, body: await res.text() }
    }
    await expect
      .poll(() =>
        ask('health').then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .toBe(200)
    const answer = ask('orders?ms=1500')
    // Its connection was there first.
    await ask('health')
    child.kill('SIGTERM')
    const draining = name === 'after' ? child.said(/SIGTERM: draining/) : Promise.reject(new Error('it says nothing'))
    const health = await draining.then(() => ask('health')).catch(() => undefined)
    const { code, signal, output } = await child.ended
    return { answer: await answer, health, code, signal, output }
  }

  it('before: a request in flight finds its database gone', async () => {
    const { answer, signal } = await terminated('before')
    expect(answer.status).toBe(500)
    expect(signal).toBe('SIGTERM')
  })

  it('after: it is answered, readiness has turned at once, and the process ends with code 0', async () => {
    const { answer, health, code, output } = await terminated('after')
    expect(answer).toEqual({ status: 200, body: 'rows of orders' })
    expect(health?.status).toBe(503)
    expect(JSON.parse(health!.body).details).toMatchObject({ keelson: { state: 'draining' }, db: { status: 'up' } })
    expect(code).toBe(0)
    expect(output).toMatch(/LOG \[Keelson\] .*stopped in .*exit code 0/)
  })
})
