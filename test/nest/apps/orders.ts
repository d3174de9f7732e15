// Orders of a database; `?ms=` delays the answer. FAIL says which hook fails, PLATFORM on what it runs.
import { createRequire } from 'node:module'
import { createKernel, resource } from '@keelson/kernel'
import { InjectResource, nestServer } from '@keelson/nest'
import { run } from '@keelson/node'
import {
  Controller,
  Get,
  Injectable,
  Module,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type OnModuleInit,
  Param,
  Query,
} from '@nestjs/common'
import { FastifyAdapter } from '@nestjs/platform-fastify'

const { FAIL, PLATFORM, LOGGER, SIGNALS } = process.env
const say = (text: string) => void process.stdout.write(`${text}\n`)
const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const failing = (hook: string) => {
  say(hook)
  if (FAIL === hook) throw new Error(`${hook} went wrong`)
}

interface Database {
  find(id: string): string
}

const db = resource('db', {
  start: (): Database => ({ find: (id) => `order ${id}` }),
  stop: () => say('db stopped'),
})

@Injectable()
class Orders implements OnModuleInit, OnModuleDestroy, OnApplicationShutdown {
  constructor(@InjectResource(db) private readonly db: Database) {}
  onModuleInit() {
    failing('onModuleInit')
  }
  async find(id: string, ms: number) {
    await later(ms)
    return this.db.find(id)
  }
  onModuleDestroy() {
    failing('onModuleDestroy')
  }
  onApplicationShutdown(signal?: string) {
    failing(`onApplicationShutdown ${signal}`)
  }
}

@Controller('orders')
class OrdersController {
  constructor(private readonly orders: Orders) {}
  @Get(':id')
  find(@Param('id') id: string, @Query('ms') ms = '0') {
    say(`asked for ${id}`)
    return this.orders.find(id, Number(ms))
  }
}

@Module({ controllers: [OrdersController], providers: [Orders] })
class AppModule {}

const api = nestServer('api', {
  module: AppModule,
  host: '127.0.0.1',
  ...(PLATFORM === 'fastify' && { adapter: () => new FastifyAdapter() }),
  options: { logger: LOGGER === 'none' ? false : ['warn', 'error'] },
  setup: (app) => {
    if (SIGNALS !== undefined) app.enableShutdownHooks()
  },
})

const kernel = createKernel([api], { name: 'orders' })
kernel.on('kernel:state', ({ to }) => {
  if (to === 'running')
    say(`nest ${createRequire(import.meta.url)('@nestjs/core/package.json').version} at ${kernel.get(api).url}/`)
})
// Not awaited at the top, where CommonJS cannot.
void run(kernel)
