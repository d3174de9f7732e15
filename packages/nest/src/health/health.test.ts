import { createKernel, type KernelView, resource, type StartContext } from '@keelson/kernel'
import { Controller, Get, Module } from '@nestjs/common'
import { HealthCheck, HealthCheckService, HealthIndicatorService, TerminusModule } from '@nestjs/terminus'
import { expect, it, onTestFinished } from 'vitest'
import { InjectKernel, indicatorCheck, keelsonHealth, nestServer } from '../index.js'

it('is an indicator of terminus, beside others, that is down from the first instant of a shutdown', async () => {
  let db!: StartContext
  const store = resource('db', {
    start: (_, ctx) => {
      db = ctx
      return 'secret'
    },
  })

  @Controller()
  class Health {
    constructor(
      readonly health: HealthCheckService,
      readonly indicators: HealthIndicatorService,
      @InjectKernel() readonly kernel: KernelView,
    ) {}
    @Get('health')
    @HealthCheck()
    ready() {
      return this.health.check([keelsonHealth(this.kernel), () => this.indicators.check('own').up()])
    }
    @Get('details')
    @HealthCheck()
    details() {
      return this.health.check([keelsonHealth(this.kernel, { key: 'kernel', details: true })])
    }
    @Get('live')
    @HealthCheck()
    live() {
      return this.health.check([keelsonHealth(this.kernel, { probe: 'live' })])
    }
  }

  @Module({ imports: [TerminusModule.forRoot({ logger: false })], controllers: [Health] })
  class AppModule {}

  const api = nestServer('api', { host: '127.0.0.1', options: { logger: false }, dependsOn: { store }, module: AppModule })
  const kernel = createKernel([api], { shutdown: { delay: 2_000 } })
  onTestFinished(async () => void (await kernel.shutdown('test', { delay: 0 })))
  await kernel.start()
  const ask = async (path: string) => {
    const res = await fetch(`${kernel.get(api).url}/${path}`)
    return { code: res.status, ...((await res.json()) as { details: Record<string, unknown> }) }
  }
  expect(await ask('health')).toMatchObject({
    code: 200,
    status: 'ok',
    details: { keelson: { status: 'up', state: 'ready' }, own: {} },
  })
  db.unhealthy(new Error('no route to postgres://shop:hunter2@db'))
  const { code, details } = await ask('details')
  expect(code).toBe(503)
  expect(details).toMatchObject({
    kernel: { status: 'down', state: 'unready' },
    db: { status: 'down', state: 'running' },
    api: { status: 'up' },
  })
  expect(JSON.stringify(details)).toMatch(/no route to/)
  expect(JSON.stringify(details)).not.toMatch(/hunter2/)
  expect(JSON.stringify(await ask('health'))).not.toMatch(/route|db/)
  db.healthy()
  expect((await ask('health')).code).toBe(200)
  const report = kernel.shutdown()
  expect(await ask('health')).toMatchObject({ code: 503, details: { keelson: { status: 'down', state: 'draining' } } })
  expect((await ask('live')).code).toBe(200)
  expect((await kernel.shutdown('again', { delay: 0 })).ok).toBe(true)
  await report
})

it('an indicator is the check of a resource: what is down fails it, with its message', async () => {
  let status: 'up' | 'down' = 'up'
  const docs = resource('docs', {
    start: () => ({ ping: async (key: string) => ({ [key]: { status, message: 'status code 502' } }) }),
    check: indicatorCheck((http) => http.ping('docs')),
  })
  const kernel = await createKernel([docs]).start()
  expect(await kernel.check(docs)).toMatchObject([{ ok: true }])
  status = 'down'
  expect(await kernel.check(docs)).toMatchObject([{ ok: false, error: expect.stringContaining('docs is down: status code 502') }])
  await kernel.shutdown()
})
