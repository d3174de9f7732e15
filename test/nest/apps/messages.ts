// Handles messages over TCP on PORT: as a microservice of its own, or with HYBRID as one that an app with a server has connected.
import { createKernel } from '@keelson/kernel'
import { nestMicroservice, nestServer } from '@keelson/nest'
import { run } from '@keelson/node'
import { Controller, Get, Module, type OnModuleDestroy } from '@nestjs/common'
import { EventPattern, MessagePattern, Transport } from '@nestjs/microservices'
import { concatMap, delay, from, of } from 'rxjs'

const { PORT, HYBRID } = process.env
const say = (text: string) => void process.stdout.write(`${text}\n`)
const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
let handled = 0

@Controller()
class Messages implements OnModuleDestroy {
  @MessagePattern('wait')
  async wait(ms: number) {
    say(`waits for ${ms}`)
    await later(ms)
    handled++
    return `waited for ${ms}`
  }
  @MessagePattern('steps')
  steps(count: number) {
    say('steps')
    return from(Array.from({ length: count }, (_, i) => i)).pipe(concatMap((i) => of(i).pipe(delay(100))))
  }
  @EventPattern('note')
  async note(ms: number) {
    say('notes')
    await later(ms)
    say('noted')
  }
  @Get()
  find() {
    return 'found'
  }
  onModuleDestroy() {
    say(`handled ${handled}, and destroyed`)
  }
}

@Module({ controllers: [Messages] })
class AppModule {}

const microservice = { transport: Transport.TCP as const, options: { host: '127.0.0.1', port: Number(PORT) } }
const math = HYBRID
  ? nestServer('math', {
      module: AppModule,
      host: '127.0.0.1',
      options: { logger: ['warn', 'error'] },
      setup: (app) => void app.connectMicroservice(microservice),
    })
  : nestMicroservice('math', { module: AppModule, options: { ...microservice, logger: ['warn', 'error'] } })

void run(createKernel([math], { name: 'math' }))
