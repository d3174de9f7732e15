import { once } from 'node:events'
import { type AddressInfo, connect, type Server } from 'node:net'
import { createKernel, resource } from '@keelson/kernel'
import { Controller, Inject, Module, type OnModuleDestroy } from '@nestjs/common'
import { MessagePattern, Transport } from '@nestjs/microservices'
import { expect, it, onTestFinished } from 'vitest'
import { AsResource, InjectResource, nestMicroservice } from '../index.js'

const log: string[] = []
const db = resource('db', { start: () => ({ find: () => 'found' }), stop: () => void log.push('db stopped') })

@AsResource()
@Controller()
class Finder implements OnModuleDestroy {
  constructor(
    @InjectResource(db) readonly db: { find(): string },
    @Inject('greeting') readonly greeting: string,
  ) {}
  @MessagePattern('find')
  find() {
    return `${this.greeting}: ${this.db.find()}`
  }
  onModuleDestroy() {
    log.push('finder destroyed')
  }
}

@Module({ controllers: [Finder], providers: [{ provide: 'greeting', useValue: 'hello' }] })
class FinderModule {}

const options = { transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 }, logger: false }

it('listens when what its modules inject runs, and is closed, with its parts in order, before that stops', async () => {
  const finder = nestMicroservice('finder', { module: FinderModule, options })
  const kernel = createKernel([finder])
  onTestFinished(async () => void (await kernel.shutdown()))
  await kernel.start()
  const { port } = kernel.get(finder).unwrap<Server>().address() as AddressInfo
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  const packet = JSON.stringify({ pattern: 'find', id: '1', data: {} })
  socket.write(`${packet.length}#${packet}`)
  expect(String((await once(socket, 'data'))[0])).toContain('hello: found')
  const ended = once(socket, 'close')
  const report = await kernel.shutdown()
  await ended
  expect(report.outcomes.map(({ resource }) => resource)).toEqual(['finder', 'finder/Finder', 'db'])
  expect(log).toEqual(['finder destroyed', 'db stopped'])
})

it('makes its options of what it depends on, and all anew at a restart', async () => {
  const config = resource('config', { start: () => ({ port: 0 }) })
  let set = 0
  const finder = nestMicroservice('finder', {
    dependsOn: { config },
    module: FinderModule,
    options: ({ config }) => ({ ...options, options: { host: '127.0.0.1', port: config.port } }),
    setup: (app, { config }) => {
      set += config.port + 1
      app.enableShutdownHooks()
    },
  })
  const kernel = createKernel([finder])
  onTestFinished(async () => void (await kernel.shutdown()))
  await kernel.start()
  const before = kernel.get(finder)
  await kernel.restart(config)
  expect(kernel.get(finder)).not.toBe(before)
  expect(set).toBe(2)
  expect(process.listenerCount('SIGTERM')).toBe(0)
})

it('refuses what it cannot work with', () => {
  const invalid = (options: object) => expect(() => nestMicroservice('finder', options as never))
  invalid({ options }).toThrow('resource "finder": module is missing')
  invalid({ module: FinderModule }).toThrow('options is missing; add options: { transport: Transport.TCP, … }')
  invalid({ module: FinderModule, options, port: 80 }).toThrow(
    'port is not an option; there are dependsOn, after, module, options,',
  )
  invalid({ module: FinderModule, options, hooks: 'all' }).toThrow("hooks must be 'nest' or 'graph'")
})
