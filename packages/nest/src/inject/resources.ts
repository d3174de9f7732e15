import { type Dependency, KeelsonError } from '@keelson/kernel'
import type { ExistingProvider } from '@nestjs/common'
import { resourceToken } from './resource-token.js'

/** Resources by the token under which they are injected: a text, or a symbol. */
export type ResourcesByToken = Readonly<Record<string | symbol, Dependency>>

/**
 * Providers that give resources to one module, each under a token of yours: `@Inject(DB)`. With `ref(x)` what is injected is a `Ref`,
 * which has the current instance through restarts.
 *
 * @throws KeelsonError `INVALID_OPTION` for what is undefined, as in a circular import.
 *
 * @example
 * @Module({ providers: [Orders, ...resources({ [DB]: db, [CACHE]: ref(cache) })] })
 * export class OrdersModule {}
 */
export function resources(byToken: ResourcesByToken): ExistingProvider[] {
  return Reflect.ownKeys(byToken).map((provide) => {
    const dependency = byToken[provide]
    if (dependency === undefined) {
      throw new KeelsonError(
        'INVALID_OPTION',
        `resources(): ${String(provide)} is undefined; it may be used before it is defined, as in a circular import`,
        { details: { option: String(provide) } },
      )
    }
    return { provide, useExisting: resourceToken(dependency) }
  })
}
