import { createKernel, type ResourceLike } from '@keelson/kernel'
import { Controller, Get, Injectable, Module, type OnApplicationShutdown, type OnModuleDestroy } from '@nestjs/common'
import { expect, it, onTestFinished } from 'vitest'
import { appOf, nestServer } from '../index.js'

async function started() {
  const log: string[] = []
  let answer = () => {}

  @Injectable()
  class Db implements OnModuleDestroy, OnApplicationShutdown {
    onModuleDestroy() {
      log.push('destroy')
    }
    onApplicationShutdown(signal?: string) {
      log.push(`shutdown ${signal}`)
    }
  }

  @Controller()
  class Slow {
    @Get()
    async get() {
      log.push('asked')
      await new Promise<void>((resolve) => {
        answer = resolve
      })
      return log.includes('destroy') ? 'without providers' : 'with all providers'
    }
  }

  @Module({ providers: [Db], controllers: [Slow] })
  class AppModule {}

  const api = nestServer('api', { host: '127.0.0.1', options: { logger: false }, module: AppModule })
  const kernel = createKernel([api as ResourceLike])
  onTestFinished(async () => void (await kernel.shutdown().catch(() => {})))
  await kernel.start()
  const { url } = kernel.get(api)
  return { log, kernel, api, app: appOf(kernel.get(api)), url, answer: () => answer() }
}

it('an app that closes itself while it drains is closed when it has drained, and calls each hook once', async () => {
  const { log, kernel, api, app, url, answer } = await started()
  const response = fetch(url).then((got) => got.text())
  await expect.poll(() => log).toEqual(['asked'])
  const over = kernel.shutdown('SIGTERM')
  await expect.poll(() => kernel.inspect(api).state).toBe('draining')
  await new Promise((resolve) => setImmediate(resolve))
  const closed = app.close()
  await new Promise((resolve) => setImmediate(resolve))
  answer()
  expect(await response).toBe('with all providers')
  expect((await over).errors).toEqual([])
  await closed
  await app.close()
  expect(log).toEqual(['asked', 'destroy', 'shutdown SIGTERM'])
})

it('an app that is closed by hand has crashed, and calls no hook again when it is stopped', async () => {
  const { log, kernel, app } = await started()
  await app.close()
  await kernel.shutdown().catch(() => {})
  expect(log).toEqual(['destroy', 'shutdown undefined'])
})
