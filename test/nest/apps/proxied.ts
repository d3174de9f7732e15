// Products and orders on PORT, with its probes on PROBE_PORT, for tests with a load balancer in front.
import { createKernel, resource } from '@keelson/kernel'
import { InjectResource, nestServer } from '@keelson/nest'
import { run } from '@keelson/node'
import { Controller, Get, Injectable, Module, type OnModuleDestroy, Post } from '@nestjs/common'
import { FastifyAdapter } from '@nestjs/platform-fastify'

const { PORT, PROBE_PORT, SHUTDOWN_DELAY, PLATFORM } = process.env
const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

interface Database {
  ask(): Promise<string>
}

const db = resource('db', {
  start: (): Database & { open: boolean } => ({
    open: true,
    async ask() {
      await later(Math.random() * 10)
      if (!this.open) throw new Error('the database is closed')
      return 'rope'
    },
  }),
  stop: (it) => {
    it.open = false
  },
})

@Injectable()
class Shop implements OnModuleDestroy {
  #open = true
  constructor(@InjectResource(db) private readonly db: Database) {}
  async ask() {
    const found = await this.db.ask()
    if (!this.#open) throw new Error('the shop is closed')
    return found
  }
  onModuleDestroy() {
    this.#open = false
  }
}

@Controller()
class ShopController {
  constructor(private readonly shop: Shop) {}
  @Get('products')
  products() {
    return this.shop.ask()
  }
  @Post('orders')
  order() {
    return this.shop.ask()
  }
}

@Module({ controllers: [ShopController], providers: [Shop] })
class AppModule {}

const api = nestServer('api', {
  module: AppModule,
  host: '127.0.0.1',
  port: Number(PORT),
  options: { logger: ['warn', 'error'] },
  ...(PLATFORM === 'fastify' && { adapter: () => new FastifyAdapter() }),
})
const kernel = createKernel([api], { shutdown: { delay: Number(SHUTDOWN_DELAY) } })
void run(kernel, { probes: { host: '127.0.0.1', port: Number(PROBE_PORT) } })
