// One app of NestJS, whose provider has a connection that is closed when Nest destroys it. How it is started is all that differs:
// `plain`, as the documentation of Nest says, or `keelson`. What it needs lies beside it (nest-load.mjs puts it there).
import 'reflect-metadata'
import { createKernel } from '@keelson/kernel'
import { nestServer } from '@keelson/nest'
import { run } from '@keelson/node'
import { Controller, Get, Inject, Injectable, Module, Query } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter } from '@nestjs/platform-fastify'

const [, , how, platform] = process.argv
const adapter = platform === 'fastify' ? { adapter: () => new FastifyAdapter() } : {}

class Orders {
  #open = true
  async find(ms) {
    await new Promise((resolve) => setTimeout(resolve, ms))
    if (!this.#open) throw new Error('the connection is closed')
    return 'found'
  }
  onModuleDestroy() {
    this.#open = false
  }
}
Injectable()(Orders)

class OrdersController {
  constructor(orders) {
    this.orders = orders
  }
  find(ms) {
    return this.orders.find(Number(ms))
  }
}
Inject(Orders)(OrdersController, undefined, 0)
Query('ms')(OrdersController.prototype, 'find', 0)
Get()(OrdersController.prototype, 'find', Object.getOwnPropertyDescriptor(OrdersController.prototype, 'find'))
Controller()(OrdersController)

class AppModule {}
Module({ controllers: [OrdersController], providers: [Orders] })(AppModule)

if (how === 'plain') {
  const app = await NestFactory.create(AppModule, ...Object.values(adapter).map((make) => make()), { logger: false })
  app.enableShutdownHooks()
  await app.listen(0, '127.0.0.1')
  process.send(app.getHttpServer().address().port)
} else {
  const api = nestServer('api', { module: AppModule, host: '127.0.0.1', ...adapter, options: { logger: false } })
  const kernel = createKernel([api])
  kernel.on('kernel:state', ({ to }) => to === 'running' && process.send(kernel.get(api).port))
  await run(kernel, { log: false })
}
