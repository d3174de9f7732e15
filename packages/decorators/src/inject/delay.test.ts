import 'reflect-metadata'
import { createKernel, optional, type Ref, ref, resource } from '@keelson/kernel'
import { delay as delayOfTsyringe } from 'tsyringe'
import { describe, expect, test } from 'vitest'
import { delay, Service, Use } from '../index.js'

/** Both ways to write it, each by both functions of that name, are the same dependency. */
const ways = {
  'ref(delay(…))': (late: () => never) => ref(delay<Later>(late)),
  'optional(delay(…))': (late: () => never) => optional(delay<Later>(late)),
  'delay(() => ref(…))': (late: () => never) => delay(() => ref(late()) as never),
  'delay(() => optional(…))': (late: () => never) => delay(() => optional(late()) as never),
  'ref() of tsyringe’s own delay': (late: () => never) => ref(delayOfTsyringe(late) as never),
  'optional() of tsyringe’s own delay': (late: () => never) => optional(delayOfTsyringe(late) as never),
} as const

interface Later {
  hi(): string
}

/** A service that takes a class before it is defined, as in a circular import. */
function pair(way: (late: () => never) => never, how: 'inject' | '@Use' | 'dependsOn') {
  const late: { type?: new () => Later } = {}
  const token = way(() => late.type as never)
  class Early {
    later: Ref<Later> | Later | undefined
    constructor(later: Ref<Later> | Later | undefined = undefined) {
      this.later = later
    }
    ask() {
      return this.later && ('get' in this.later ? this.later.get() : this.later).hi()
    }
  }
  if (how === '@Use') Use(token)(Early, undefined, 0)
  Service(how === 'inject' ? { inject: [token] as never } : how === 'dependsOn' ? { dependsOn: { later: token } } : {})(
    Early as never,
  )
  late.type = class Later {
    hi() {
      return 'later'
    }
  }
  Service()(late.type)
  return { Early, late }
}

describe.each(Object.entries(ways))('%s', (_name, way) => {
  test.each(['inject', '@Use'] as const)('names a class that is defined later: %s', async (how) => {
    const { Early } = pair(way as never, how)
    const kernel = await createKernel([Early]).start()
    expect(kernel.get(Early).ask()).toBe('later')
    await kernel.shutdown()
  })

  test('among dependsOn of a service', async () => {
    const { Early, late } = pair(way as never, 'dependsOn')
    const kernel = createKernel([Early])
    expect(kernel.plan().resources.map(({ name }) => name)).toEqual(['Later', 'Early'])
    await kernel.start()
    expect(kernel.get(late.type!).hi()).toBe('later')
    await kernel.shutdown()
  })
})

test('a service may be after one that is defined later', () => {
  const late = {} as { Later: new () => Later }
  const types = [delay, delayOfTsyringe].map((delayed, n) => {
    class Early {}
    Service({ name: `early${n}`, after: [delayed(() => late.Later)] as never })(Early)
    return Early
  })
  late.Later = class Later {
    hi() {
      return 'later'
    }
  }
  Service()(late.Later)
  expect(createKernel([...types, late.Later]).plan().resources[0]?.name).toBe('Later')
})

test('delay() of a service stands for it wherever a resource does, once it is defined', async () => {
  const late = {} as { Later: new () => Later }
  const api = resource('api', {
    dependsOn: { later: delay(() => late.Later) },
    after: [delay(() => late.Later)],
    start: ({ later }) => later.hi(),
  })
  late.Later = class Later {
    hi() {
      return 'later'
    }
  }
  Service()(late.Later)
  const kernel = await createKernel([api]).start()
  expect(kernel.get(api)).toBe('later')
  await kernel.shutdown()
})

test.each([
  ['ref', ref],
  ['optional', optional],
] as const)('%s() of a class that is no service, late or not, is told with its place', (name, edge) => {
  class Plain {}
  for (const token of [edge(Plain), edge(delay(() => Plain)), delay(() => edge(Plain) as never)]) {
    class Early {
      constructor(_plain: unknown) {
        void 0
      }
    }
    Service({ inject: [token] as never })(Early as never)
    expect(() => createKernel([Early])).toThrow(
      `class Early: parameter 0 of new Early(${name}(Plain)) is given ${name}(Plain), but Plain is no resource; decorate Plain with @Service()`,
    )
  }
})
