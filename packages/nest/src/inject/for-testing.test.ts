import { createKernel, resource } from '@keelson/kernel'
import { replace } from '@keelson/kernel/testing'
import { Controller, Get, Inject, Injectable, Module } from '@nestjs/common'
import { Test } from '@nestjs/testing'
import { expect, it } from 'vitest'
import { appOf, InjectResource, KeelsonModule, nestServer, resourceToken } from '../index.js'

const log: string[] = []
const config = resource('config', { start: () => ({ greeting: 'hello' }) })
const db = resource('db', {
  dependsOn: { config },
  start: ({ config }) => ({ find: () => `${config.greeting} from the database` }),
  stop: () => void log.push('db stopped'),
})

@Injectable()
class Orders {
  constructor(
    @InjectResource(db) readonly db: { find(): string },
    @Inject('CONFIG') readonly config: { greeting: string },
  ) {}
}

@Controller()
class OrdersController {
  constructor(readonly orders: Orders) {}
  @Get()
  find() {
    return this.orders.db.find()
  }
}

@Module({ imports: [KeelsonModule.forRoot({ CONFIG: config })], controllers: [OrdersController], providers: [Orders] })
class AppModule {}

it('starts what the modules of a test inject, and stops it with the testing module', async () => {
  const module = await Test.createTestingModule({ imports: [AppModule, KeelsonModule.forTesting(AppModule)] }).compile()
  await module.init()
  expect(module.get(OrdersController).find()).toBe('hello from the database')
  expect(log).toEqual([])
  await module.close()
  expect(log).toEqual(['db stopped'])
})

it('with what stands in for it, and without what only that needs', async () => {
  const fake = { find: () => 'a fake' }
  const testing = KeelsonModule.forTesting(AppModule, { replace: [replace(db, fake)] })
  const module = await Test.createTestingModule({ imports: [AppModule, testing] }).compile()
  expect(module.get(Orders).db).toBe(fake)
  expect(module.get(Orders).config.greeting).toBe('hello')
  await module.close()
})

it('a token may be overridden as any provider; without resources Nest says which one it lacks', async () => {
  const module = await Test.createTestingModule({ imports: [AppModule, KeelsonModule.forTesting(AppModule)] })
    .overrideProvider(resourceToken(db))
    .useValue({ find: () => 'overridden' })
    .compile()
  expect(module.get(OrdersController).find()).toBe('overridden')
  await module.close()
  const without = Test.createTestingModule({ imports: [AppModule] }).compile()
  await expect(without).rejects.toThrow(/resource "(db|config)"/)
})

it('in a kernel a whole app is tested with replace()', async () => {
  const api = nestServer('api', { host: '127.0.0.1', options: { logger: false }, drain: { quietWindow: 0 }, module: AppModule })
  const kernel = await createKernel([api], { replace: [replace(db, { find: () => 'a fake' })] }).start()
  expect(await (await fetch(kernel.get(api).url)).text()).toBe('a fake')
  expect(appOf(kernel.get(api)).get(Orders).config.greeting).toBe('hello')
  await kernel.shutdown()
})
