import { createKernel, type KeelsonError, ref } from '@keelson/kernel'
import { expect, test } from 'vitest'
import { container, delay, inject, injectable, Service, Use } from '../index.js'

function cycle(type: new (...args: never[]) => object): KeelsonError {
  try {
    createKernel([type])
  } catch (error) {
    return error as KeelsonError
  }
  throw new Error('createKernel() did not throw')
}

test('services that need each other through delay are DEPENDENCY_CYCLE, with the names of the classes', () => {
  @Service()
  class Orders {
    constructor(@Use(delay(() => Billing)) _billing: object) {
      void 0
    }
  }
  @Service({ inject: [Orders] })
  class Billing {
    constructor(_orders: Orders) {
      void 0
    }
  }
  expect(cycle(Orders)).toMatchObject({
    code: 'DEPENDENCY_CYCLE',
    details: { path: ['Orders', 'Billing', 'Orders'] },
    message: expect.stringContaining('Orders → Billing → Orders'),
  })
  expect(cycle(Billing).details).toEqual({ path: ['Billing', 'Orders', 'Billing'] })
})

test('through tsyringe’s own forward references and a plain class between them, too', () => {
  @injectable()
  class Repository {
    constructor(@inject(delay(() => Orders)) _orders: object) {
      void 0
    }
  }
  @Service()
  class Orders {
    constructor(_repository: Repository) {
      void 0
    }
  }
  expect(cycle(Orders)).toMatchObject({
    code: 'DEPENDENCY_CYCLE',
    details: { path: ['Orders', 'Repository', 'Orders'] },
    message: expect.stringContaining('Orders → Repository → Orders'),
  })
})

test('a ref between two services is an order as well: a cycle', () => {
  @Service()
  class Orders {
    constructor(@Use(delay(() => Billing)) _billing: object) {
      void 0
    }
  }
  @Service({ inject: [ref(Orders)] })
  class Billing {
    constructor(_orders: object) {
      void 0
    }
  }
  expect(cycle(Orders)).toMatchObject({ code: 'DEPENDENCY_CYCLE', details: { path: ['Orders', 'Billing', 'Orders'] } })
})

test('plain classes that construct each other are one, before any constructor overflows the stack', () => {
  @injectable()
  class Left {
    constructor(@inject('RIGHT') _right: object) {
      void 0
    }
  }
  @injectable()
  class Right {
    constructor(_left: Left) {
      void 0
    }
  }
  container.register('RIGHT', { useClass: Right })
  @Service()
  class Orders {
    constructor(_left: Left) {
      void 0
    }
  }
  expect(cycle(Orders)).toMatchObject({
    code: 'DEPENDENCY_CYCLE',
    details: { path: ['Orders', 'Left', 'Right', 'Left'] },
  })
})

test('plain classes that know each other through delay are none', async () => {
  @injectable()
  class Parent {
    readonly child: { parent: unknown }
    readonly name = 'parent'
    constructor(@inject(delay(() => Child)) child: { parent: unknown }) {
      this.child = child
    }
  }
  @injectable()
  class Child {
    readonly parent: Parent
    constructor(parent: Parent) {
      this.parent = parent
    }
  }
  @Service()
  class Orders {
    readonly parent: Parent
    constructor(parent: Parent) {
      this.parent = parent
    }
  }
  const kernel = await createKernel([Orders]).start()
  expect(kernel.get(Orders).parent.child.parent).toMatchObject({ name: 'parent' })
  await kernel.shutdown()
})
