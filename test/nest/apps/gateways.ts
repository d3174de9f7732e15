// A gateway of ws or of Socket.IO (ADAPTER), on the port of the app or on GATEWAY_PORT.
import { createKernel } from '@keelson/kernel'
import { nestServer } from '@keelson/nest'
import { run } from '@keelson/node'
import { Module, type OnModuleDestroy } from '@nestjs/common'
import { WsAdapter } from '@nestjs/platform-ws'
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets'

const { ADAPTER, GATEWAY_PORT } = process.env
const say = (text: string) => void process.stdout.write(`${text}\n`)
const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

@WebSocketGateway(Number(GATEWAY_PORT ?? 0))
class Chat implements OnModuleDestroy {
  #open = true
  @SubscribeMessage('wait')
  async wait(@MessageBody() ms: number) {
    say(`waits for ${ms}`)
    await later(ms)
    if (!this.#open) throw new Error('destroyed')
    return { event: 'waited', data: ms }
  }
  onModuleDestroy() {
    say('destroyed')
    this.#open = false
  }
}

@Module({ providers: [Chat] })
class AppModule {}

const api = nestServer('api', {
  module: AppModule,
  host: '127.0.0.1',
  options: { logger: ['warn', 'error'] },
  setup: (app) => {
    if (ADAPTER === 'ws') app.useWebSocketAdapter(new WsAdapter(app))
  },
})
const kernel = createKernel([api], { name: 'chat' })
kernel.on('kernel:state', ({ to }) => {
  if (to === 'running') say(`listens at ${kernel.get(api).port}.`)
})
void run(kernel)
