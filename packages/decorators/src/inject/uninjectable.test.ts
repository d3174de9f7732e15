import { createKernel, type KeelsonError, resource } from '@keelson/kernel'
import { expect, test } from 'vitest'
import { delay, inject, injectable, Service, Use } from '../index.js'

let started = 0
const bystander = resource('bystander', { start: () => ++started })

/** What a user sees of `createKernel()`. */
function refusal(type: new (...args: never[]) => object): KeelsonError {
  try {
    createKernel([bystander, type])
  } catch (error) {
    expect(started).toBe(0)
    return error as KeelsonError
  }
  throw new Error('createKernel() did not throw')
}

interface Logger {
  log(line: string): void
}

@Service()
class Database {}

/** As a driver's class is: compiled without metadata. */
class MongoClient {
  readonly url: string
  constructor(url: string) {
    this.url = url
  }
}

test('an interface-typed parameter: one error with the class, the index and both remedies, before anything starts', () => {
  @Service()
  class Orders {
    constructor(_database: Database, _logger: Logger) {
      void 0
    }
  }
  const error = refusal(Orders)
  expect(error).toMatchObject({
    code: 'INVALID_OPTION',
    resource: 'Orders',
    details: { class: 'Orders', parameter: 1, problem: 'erased' },
  })
  expect(error.message).toBe(
    'class Orders: parameter 1 of new Orders(Database, Object) has no type at run time: interfaces, unions, primitives and "import type" ' +
      'are compiled to Object; put @Use(resource) on it, or list all that the constructor receives, in order: @Service({ inject: […] })',
  )
})

test('a primitive one, and one whose class was undefined in a circular import', () => {
  @Service()
  class Orders {
    constructor(_region: string) {
      void 0
    }
  }
  expect(refusal(Orders).message).toMatch(/parameter 0 of new Orders\(String\) has no type at run time/)

  class Circular {
    constructor(_a: unknown, _b: unknown) {
      void 0
    }
  }
  Reflect.defineMetadata('design:paramtypes', [Database, undefined], Circular)
  Service()(Circular)
  expect(refusal(Circular).message).toMatch(
    /parameter 1 of new Circular\(Database, \?\) was undefined.*delay\(\(\) => TheClass\)/,
  )
})

test('no metadata at all: it names the compilers that emit none', () => {
  class Orders {
    constructor(_database: Database, _limiter: object) {
      void 0
    }
  }
  Service()(Orders)
  const error = refusal(Orders)
  expect(error.details).toMatchObject({ class: 'Orders', parameter: 0, problem: 'no-metadata' })
  expect(error.message).toMatch(
    /new Orders\(\?, \?\) has no type at run time: the compiler emitted no metadata \(esbuild, tsx .*@Use\(resource\).*inject: \[…\]/,
  )
})

test('a list that is too short for the constructor names the first that is missing', () => {
  class Orders {
    constructor(_database: Database, _limiter: object) {
      void 0
    }
  }
  Service({ inject: [Database] as never as [typeof Database, typeof Database] })(Orders)
  expect(refusal(Orders)).toMatchObject({
    message: expect.stringMatching(/parameter 1 of new Orders\(Database, \?\) is missing from inject/),
    details: { parameter: 1 },
  })
})

test('a class without a decorator: the remedy names it, and the parameter that asks for it where it is of somebody else', () => {
  @Service()
  class Orders {
    constructor(_client: MongoClient) {
      void 0
    }
  }
  expect(refusal(Orders).message).toMatch(
    /^class Orders: parameter 0 of new Orders\(MongoClient\) is a MongoClient, of whose constructor nothing is known; decorate MongoClient with @Service\(\) or @injectable\(\) if it is yours, or put @Use\(resource\) on it/,
  )
})

test('below a class that is looked through, the way there is named', () => {
  @injectable()
  class Repository {
    constructor(_logger: Logger) {
      void 0
    }
  }
  @Service()
  class Orders {
    constructor(_repository: Repository) {
      void 0
    }
  }
  const error = refusal(Orders)
  expect(error.details).toMatchObject({ class: 'Repository', parameter: 0, path: ['Orders', 'Repository'] })
  expect(error.message).toMatch(
    /^class Repository \(Orders → Repository\): parameter 0 .*decorate Repository with @Service\(\{ inject/,
  )
})

test('a token that is registered nowhere', () => {
  @Service()
  class Orders {
    constructor(@inject('CONFIG') _config: object) {
      void 0
    }
  }
  expect(refusal(Orders)).toMatchObject({
    message: expect.stringMatching(
      /parameter 0 of new Orders\("CONFIG"\) asks for the token "CONFIG", which is not registered; register it before createKernel\(\), or put @Use/,
    ),
  })
})

test('parameters of a base class that is not decorated: it says that this is why they have no types', () => {
  class Base {
    constructor(_database: Database) {
      void 0
    }
  }
  @Service()
  class Orders extends Base {}
  expect(refusal(Orders)).toMatchObject({
    message: expect.stringMatching(
      /^class Orders: parameter 0 of new Orders\(\?\) is one of Base, which Orders extends and which has no decorator.*put @injectable\(\) on Base/,
    ),
    details: { class: 'Orders', parameter: 0, problem: 'undecorated-base' },
  })
})

test('a parameter of a base class with a decorator: the remedy names the class that has the constructor', () => {
  @injectable()
  class Base {
    constructor(_logger: Logger) {
      void 0
    }
  }
  @Service()
  class Orders extends Base {}
  expect(refusal(Orders).message).toMatch(/^class Orders: .*; put @Use\(resource\) on it in Base, or list/)
})

test('delay() of what is still undefined when the kernel is made', () => {
  class Orders {
    constructor(_later: unknown) {
      void 0
    }
  }
  Service({ inject: [delay(() => undefined as never)] })(Orders)
  expect(refusal(Orders)).toMatchObject({
    message: expect.stringMatching(/^class Orders: parameter 0 of new Orders\(delay\) is a delay\(\) that gives no class;/),
    details: { class: 'Orders', parameter: 0, problem: 'delayed-nothing' },
  })
})

test('@Use of a class that is no service, also through delay', () => {
  @injectable()
  class Repository {}
  const given = { Repository, undefined: delay(() => undefined as never) }
  for (const [name, used] of [...Object.entries(given), ['Repository', delay(() => Repository)] as const]) {
    class Orders {
      constructor(@Use(used) _repository: Repository) {
        void 0
      }
    }
    Service()(Orders)
    expect(refusal(Orders)).toMatchObject({
      message: expect.stringMatching(
        name === 'undefined'
          ? /^class Orders: parameter 0 of new Orders\(undefined\) is given undefined, but that is no resource; pass/
          : /^class Orders: parameter 0 of new Orders\(Repository\) is given Repository, but Repository is no resource; decorate Repository with @Service\(\)/,
      ),
      details: { class: 'Orders', parameter: 0, problem: 'no-resource' },
    })
  }
})
