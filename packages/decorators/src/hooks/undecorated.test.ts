import 'reflect-metadata'
import { createKernel, type KeelsonError } from '@keelson/kernel'
import { container as everybody, delay as late } from 'tsyringe'
import { expect, test } from 'vitest'
import { inject, injectable, OnCheck, OnDrain, OnStart, OnStop, Service, services } from '../index.js'

function refusal(type: new (...args: never[]) => object, options = {}): KeelsonError {
  try {
    createKernel([type], options)
  } catch (error) {
    return error as KeelsonError
  }
  throw new Error('createKernel() did not throw')
}

@injectable()
class Cache {
  @OnStart() open() {}
  @OnCheck() ping() {}
  @OnDrain() drain() {}
  @OnStop() close() {}
}

test('hooks of a class that is no service would never run: it is refused, with the class and its hooks', () => {
  @Service()
  class Orders {
    constructor(_cache: Cache) {
      void 0
    }
  }
  expect(refusal(Orders)).toMatchObject({
    code: 'INVALID_OPTION',
    resource: 'Orders',
    message:
      'class Cache (Orders → Cache) has hooks that no kernel would run: @OnStart open(), @OnCheck ping(), @OnDrain drain(), @OnStop close(); ' +
      'decorate Cache with @Service(), or take the hooks off',
    details: { class: 'Cache', hooks: ['@OnStart open()', '@OnCheck ping()', '@OnDrain drain()', '@OnStop close()'] },
  })
})

test('below a plain class, behind delay, and behind a token of the container, too', () => {
  @injectable()
  class Repository {
    constructor(_cache: Cache) {
      void 0
    }
  }
  const container = everybody.createChildContainer()
  container.register('CACHE', { useClass: Cache })
  class Through {
    constructor(_repository: Repository) {
      void 0
    }
  }
  class Behind {
    constructor(_cache: Cache) {
      void 0
    }
  }
  class Token {
    constructor(@inject('CACHE') _cache: object) {
      void 0
    }
  }
  Service({ inject: [Repository] })(Through)
  Service({ inject: [late(() => Cache)] })(Behind)
  Service()(Token)
  expect(refusal(Through).message).toMatch(/^class Cache \(Through → Repository → Cache\) has hooks that no kernel would run/)
  expect(refusal(Behind).message).toMatch(/^class Cache \(Behind → Cache\) has hooks/)
  expect(refusal(Token, { replace: services(container) }).message).toMatch(/^class Cache \(Token → Cache\) has hooks/)
})

test('a class that only extends a service is no service, and its inherited hooks would not run', () => {
  @Service()
  class Database {
    @OnStop() close() {}
  }
  @injectable()
  class Replica extends Database {}
  @Service()
  class Orders {
    constructor(_replica: Replica) {
      void 0
    }
  }
  expect(refusal(Orders).message).toMatch(
    /^class Replica \(Orders → Replica\) has hooks .*: @OnStop close\(\); decorate Replica with @Service\(\)/,
  )
})

test('a base class needs no @Service, nor does what stands in for a service', async () => {
  const log: string[] = []
  class Base {
    @OnStop() close() {
      log.push('close')
    }
  }
  @Service()
  class Database extends Base {}
  @Service()
  class Orders {
    constructor(_database: Database) {
      void 0
    }
  }
  const kernel = await createKernel([Orders]).start()
  await kernel.shutdown()
  expect(log).toEqual(['close'])
  class Fake extends Database {}
  const container = everybody.createChildContainer()
  container.register(Database, { useClass: Fake })
  const faked = await createKernel([Orders], { replace: services(container) }).start()
  await faked.shutdown()
  expect(log).toEqual(['close'])
})
