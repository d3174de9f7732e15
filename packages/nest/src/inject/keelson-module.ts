import { createKernel, type Dependencies, type KernelOptions, type KernelView, resource, type Values } from '@keelson/kernel'
import { type DynamicModule, Global, Module, type Type } from '@nestjs/common'
import { appDependencies } from './app-dependencies.js'
import { KERNEL } from './inject-resource.js'
import { resourceToken } from './resource-token.js'
import { type ResourcesByToken, resources } from './resources.js'

/**
 * Resources as providers of the whole app, under tokens of yours. `@InjectResource(db)` needs no module.
 *
 * @example
 * @Module({ imports: [KeelsonModule.forRoot({ [DB]: db, [CACHE]: ref(cache) })] })
 * export class AppModule {}
 *
 * @Injectable()
 * export class Orders {
 *   constructor(@Inject(DB) private readonly db: Pool) {}
 * }
 */
// biome-ignore lint/complexity/noStaticOnlyClass: what Nest takes for a module.
export class KeelsonModule {
  /** @throws KeelsonError `INVALID_OPTION` for what is undefined, as in a circular import. */
  static forRoot(byToken: ResourcesByToken): DynamicModule {
    const providers = resources(byToken)
    return { module: KeelsonModule, global: true, providers, exports: providers.map(({ provide }) => provide) }
  }

  /**
   * Resources for the modules of a test, which has no `nestServer()`: what `entry` injects is started in a kernel of its own, with what stands
   * in for it, and stopped when the testing module is closed.
   *
   * @throws StartError when one of them does not start.
   *
   * @example
   * const module = await Test.createTestingModule({
   *   imports: [AppModule, KeelsonModule.forTesting(AppModule, { replace: [replace(db, { find: async () => [] })] })],
   * }).compile()
   */
  static async forTesting(entry: Type | DynamicModule, options: KernelOptions = {}): Promise<DynamicModule> {
    const dependsOn = appDependencies({}, entry)
    const all = resource<{ values: Values<Dependencies>; view: KernelView }, Dependencies>('test', {
      dependsOn,
      start: (values, { kernel: view }) => ({ values, view }),
    })
    const kernel = await createKernel([all], { name: 'test', ...options }).start()
    const { values, view } = kernel.get(all)
    // Of global modules Nest calls the hooks of the end last.
    const closer = { provide: CLOSER, useValue: { onApplicationShutdown: () => kernel.shutdown() } }
    return {
      module: class KeelsonTesting {},
      global: true,
      imports: [valuesModule(dependsOn, values, view)],
      providers: [closer],
    }
  }
}

const CLOSER = Symbol('closes the kernel of a test')

/** What makes the tokens of resources known in one app. A class of its own: nobody is to look into the values for a key of the module. */
export function valuesModule<D extends Dependencies<D>>(dependsOn: D, values: Values<D>, kernel: KernelView): Type {
  const byKey = values as Readonly<Record<string, unknown>>
  const byToken = new Map<symbol, unknown>([[KERNEL, kernel]])
  for (const [key, dependency] of Object.entries(dependsOn as Dependencies)) byToken.set(resourceToken(dependency), byKey[key])
  const providers = [...byToken].map(([provide, useValue]) => ({ provide, useValue }))
  class KeelsonValues {}
  Module({ providers, exports: [...byToken.keys()] })(KeelsonValues)
  Global()(KeelsonValues)
  valuesModules.add(KeelsonValues)
  return KeelsonValues
}

/** Whether a module holds values of resources, whose methods are none of Nest's business. */
export function holdsResources(type: unknown): boolean {
  return valuesModules.has(type as object)
}

const valuesModules = new WeakSet<object>()
