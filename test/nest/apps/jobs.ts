// Works on the jobs of a queue in the Redis at REDIS_PORT.
import { createKernel } from '@keelson/kernel'
import { nestServer } from '@keelson/nest'
import { run } from '@keelson/node'
import { BullModule, InjectQueue, Processor, WorkerHost } from '@nestjs/bullmq'
import { Controller, Injectable, Module, type OnModuleDestroy, Post } from '@nestjs/common'
import type { Job, Queue } from 'bullmq'

const say = (text: string) => void process.stdout.write(`${text}\n`)
const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

@Injectable()
class Mailer implements OnModuleDestroy {
  #open = true
  async send(name: string) {
    say(`sends ${name}`)
    await later(1_000)
    if (!this.#open) throw new Error('the mailer is closed')
    say(`sent ${name}`)
  }
  onModuleDestroy() {
    say('mailer destroyed')
    this.#open = false
  }
}

@Processor('mails')
class Mails extends WorkerHost {
  constructor(private readonly mailer: Mailer) {
    super()
  }
  async process(job: Job) {
    await this.mailer.send(job.name)
  }
}

@Controller('mails')
class MailsController {
  constructor(@InjectQueue('mails') private readonly queue: Queue) {}
  @Post()
  async add() {
    await this.queue.addBulk(['first', 'second', 'third'].map((name) => ({ name, data: {} })))
    return 'added'
  }
}

@Module({
  imports: [
    BullModule.forRoot({ connection: { host: '127.0.0.1', port: Number(process.env.REDIS_PORT) } }),
    BullModule.registerQueue({ name: 'mails' }),
  ],
  controllers: [MailsController],
  providers: [Mailer, Mails],
})
class AppModule {}

const api = nestServer('api', { module: AppModule, host: '127.0.0.1', options: { logger: ['warn', 'error'] } })
const kernel = createKernel([api], { name: 'mails', shutdown: { delay: 300 } })
kernel.on('kernel:state', ({ to }) => {
  if (to === 'running') say(`listens at ${kernel.get(api).url}.`)
})
void run(kernel)
