// One app of NestJS; its argument says who ends it. Written with the functions behind the decorators, for it is run as it is.
import 'reflect-metadata'
import { Controller, Get, Inject, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { HealthCheckService, TerminusModule } from '@nestjs/terminus'
import { Orders } from './orders.mjs'

const [, , how] = process.argv

const ORDERS = Symbol('orders')

function route(controller, method, decorate) {
  decorate(controller.prototype, method, Object.getOwnPropertyDescriptor(controller.prototype, method))
}

class OrdersController {
  constructor(orders) {
    this.orders = orders
  }
  find() {
    return this.orders.find(20)
  }
  report() {
    return this.orders.find(200)
  }
}
route(OrdersController, 'find', Get())
route(OrdersController, 'report', Get('report'))
Controller()(OrdersController)

class HealthController {
  constructor(health) {
    this.health = health
  }
  check() {
    return this.health.check([])
  }
}
route(HealthController, 'check', Get())
Controller('readyz')(HealthController)
Inject(HealthCheckService)(HealthController, undefined, 0)

if (how === 'keelson') {
  const { createKernel, resource } = await import('@keelson/kernel')
  const { nestServer, resources } = await import('@keelson/nest')
  const { run } = await import('@keelson/node')
  const db = resource('db', {
    start: () => new Orders().connect(),
    stop: (orders) => orders.end(),
    kill: (orders) => orders.destroy(),
  })
  Inject(ORDERS)(OrdersController, undefined, 0)
  class AppModule {}
  Module({ controllers: [OrdersController], providers: [...resources({ [ORDERS]: db })] })(AppModule)
  const api = nestServer('api', { module: AppModule, port: 0, options: { logger: false } })
  await run(createKernel([api], { shutdown: { timeout: 8_000, delay: 1_500 } }))
} else {
  // Closed in the last of the hooks, as @nestjs/typeorm does it.
  class OrdersProvider extends Orders {
    onModuleInit() {
      return this.connect()
    }
    onApplicationShutdown() {
      return this.end()
    }
  }
  Inject(OrdersProvider)(OrdersController, undefined, 0)
  const imports = how === 'terminus' ? [TerminusModule.forRoot({ gracefulShutdownTimeoutMs: 1_500 })] : [TerminusModule]
  class AppModule {}
  Module({ imports, controllers: [OrdersController, HealthController], providers: [OrdersProvider] })(AppModule)
  const app = await NestFactory.create(AppModule, { logger: false })
  if (how !== 'nothing') app.enableShutdownHooks()
  await app.listen(0)
}
