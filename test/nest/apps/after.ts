import { createKernel, type KernelView, resource } from '@keelson/kernel'
import { InjectKernel, InjectResource, keelsonHealth, nestLog, nestServer } from '@keelson/nest'
import { run } from '@keelson/node'
import { Controller, Get, Module, Query } from '@nestjs/common'
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus'
import { Pool } from './pool.js'

const db = resource('db', {
  retry: true,
  start: () => new Pool().connect(),
  check: (pool) => pool.query('select 1'),
  stop: (pool) => pool.end(), // when every request is answered
})

@Controller('orders')
class OrdersController {
  constructor(@InjectResource(db) private readonly pool: Pool) {}
  @Get()
  find(@Query('ms') ms = '0') {
    return this.pool.query('orders', Number(ms))
  }
}

@Controller('health')
class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    @InjectKernel() private readonly kernel: KernelView,
  ) {}
  @Get()
  @HealthCheck()
  check() {
    return this.health.check([keelsonHealth(this.kernel, { details: true })])
  }
}

@Module({ imports: [TerminusModule], controllers: [OrdersController, HealthController] })
class AppModule {}

const api = nestServer('api', { module: AppModule, port: Number(process.env.PORT ?? 3000) })
void run(createKernel([api], { shutdown: { delay: 2_000 } }), { log: nestLog() })
