// One graph of resources, as each of these would have it written. Every function loads its package, builds, starts and stops all of
// the `shape` (see graphs.mjs), and calls `mark()` after each of these steps. `open(i)` and `close(i)` are the asynchronous hooks.

const nameOf = (i) => `r${i}`

export const subjects = {
  async keelson(shape, { open, close, mark }) {
    const { createKernel, resource } = await import('@keelson/kernel')
    mark('import')
    const made = []
    for (const [i, [name, below]] of shape.entries()) {
      made.push(
        resource(name, {
          dependsOn: Object.fromEntries(below.map((j) => [nameOf(j), made[j]])),
          start: (deps) => open(i, deps),
          stop: () => close(i),
        }),
      )
    }
    const kernel = createKernel(made)
    await kernel.start()
    mark('start')
    await kernel.shutdown()
    mark('stop')
  },

  /** A plugin for each, in an order that somebody found: it takes no dependencies, so they are read from what was decorated. */
  async avvio(shape, { open, close, mark }) {
    const { default: avvio } = await import('avvio')
    mark('import')
    const app = {}
    avvio(app)
    for (const [i, [name, below]] of shape.entries()) {
      app.use(async (instance) => {
        instance[name] = await open(i, Object.fromEntries(below.map((j) => [nameOf(j), instance[nameOf(j)]])))
        instance.onClose(() => close(i))
      })
    }
    await app.ready()
    mark('start')
    await new Promise((resolve) => app.close(resolve))
    mark('stop')
  },

  /** A container makes objects in the order of their dependencies, but waits for none: their starts are called one after the other. */
  async awilix(shape, { open, close, mark }) {
    const { asFunction, createContainer } = await import('awilix')
    mark('import')
    const container = createContainer({ strict: true })
    for (const [i, [name, below]] of shape.entries()) {
      const make = (cradle) => {
        const deps = Object.fromEntries(below.map((j) => [nameOf(j), cradle[nameOf(j)]]))
        return { start: () => open(i, deps), stop: () => close(i) }
      }
      container.register(
        name,
        asFunction(make)
          .singleton()
          .disposer((made) => made.stop()),
      )
    }
    for (const [name] of shape) await container.resolve(name).start()
    mark('start')
    await container.dispose()
    mark('stop')
  },

  async systemic(shape, { open, close, mark }) {
    const { default: System } = await import('systemic')
    mark('import')
    const system = System()
    for (const [i, [name, below]] of shape.entries()) {
      system.add(name, { start: (deps) => open(i, deps), stop: () => close(i) }).dependsOn(...below.map(nameOf))
    }
    await system.start()
    mark('start')
    await system.stop()
    mark('stop')
  },

  async effect(shape, { open, close, mark }) {
    const [Context, Effect, Layer, ManagedRuntime] = await Promise.all([
      import('effect/Context'),
      import('effect/Effect'),
      import('effect/Layer'),
      import('effect/ManagedRuntime'),
    ])
    mark('import')
    const keys = []
    const layers = []
    for (const [i, [name, below]] of shape.entries()) {
      keys.push(Context.Service(name))
      const acquire = Effect.gen(function* () {
        const deps = {}
        for (const j of below) deps[nameOf(j)] = yield* keys[j]
        return yield* Effect.promise(() => open(i, deps))
      })
      const layer = Layer.effect(
        keys[i],
        Effect.acquireRelease(acquire, () => Effect.promise(() => close(i))),
      )
      layers.push(below.length === 0 ? layer : Layer.provide(layer, Layer.mergeAll(...below.map((j) => layers[j]))))
    }
    const runtime = ManagedRuntime.make(Layer.mergeAll(...layers))
    await runtime.context()
    mark('start')
    await runtime.dispose()
    mark('stop')
  },

  /** A module for each layer of the graph, with a class for each resource; Nest has its hooks called module by module. */
  async nest(shape, { open, close, mark }) {
    await import('reflect-metadata')
    const [{ Inject, Injectable, Module }, { NestFactory }] = await Promise.all([
      import('@nestjs/common'),
      import('@nestjs/core'),
    ])
    mark('import')
    const classes = []
    const modules = []
    const width = Math.max(1, Math.ceil(shape.length / 10))
    for (let begin = 0; begin < shape.length; begin += width) {
      const providers = []
      for (let i = begin; i < Math.min(begin + width, shape.length); i++) {
        const below = shape[i][1]
        const Provider = class {
          constructor(...made) {
            this.deps = Object.fromEntries(below.map((j, k) => [nameOf(j), made[k]]))
          }
          onModuleInit() {
            return open(i, this.deps)
          }
          onModuleDestroy() {
            return close(i)
          }
        }
        below.forEach((j, k) => {
          Inject(classes[j])(Provider, undefined, k)
        })
        Injectable()(Provider)
        providers.push(Provider)
        classes[i] = Provider
      }
      const Layer = class {}
      Module({ imports: modules.slice(-1), providers, exports: providers })(Layer)
      modules.push(Layer)
    }
    const app = await NestFactory.createApplicationContext(modules.at(-1), { logger: false })
    mark('start')
    await app.close()
    mark('stop')
  },
}
