import type { Dependencies, KernelView, Values } from '@keelson/kernel'
import { type DynamicModule, Global, Module, type Type } from '@nestjs/common'
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
}

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
