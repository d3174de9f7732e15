import { Controller, Get, Injectable, Module, type OnModuleDestroy, type OnModuleInit, Query } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { HealthCheck, HealthCheckService, HealthIndicatorService, TerminusModule } from '@nestjs/terminus'
import { Pool } from './pool.js'

@Injectable()
class Database implements OnModuleInit, OnModuleDestroy {
  readonly pool = new Pool()
  async onModuleInit() {
    await this.pool.connect()
  }
  async onModuleDestroy() {
    await this.pool.end() // while requests are in flight
  }
}

@Controller('orders')
class OrdersController {
  constructor(private readonly database: Database) {}
  @Get()
  find(@Query('ms') ms = '0') {
    return this.database.pool.query('orders', Number(ms))
  }
}

@Controller('health')
class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly database: Database,
  ) {}
  @Get()
  @HealthCheck()
  check() {
    return this.health.check([() => this.databaseIsUp()])
  }
  private async databaseIsUp() {
    const indicator = this.indicators.check('db')
    return this.database.pool.query('select 1').then(
      () => indicator.up(),
      () => indicator.down(),
    )
  }
}

@Module({ imports: [TerminusModule], controllers: [OrdersController, HealthController], providers: [Database] })
class AppModule {}

async function bootstrap() {
  const app = await NestFactory.create(AppModule)
  app.enableShutdownHooks()
  await app.listen(process.env.PORT ?? 3000)
}
void bootstrap()
