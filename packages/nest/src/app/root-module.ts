import type { Dependencies, StartContext } from '@keelson/kernel'
import { type INestApplicationContext, Module, type Type } from '@nestjs/common'
import { define } from '../hooks/follow-hooks.js'
import { modulesOf } from '../hooks/nest-modules.js'
import { valuesModule } from '../inject/keelson-module.js'
import { kindOf } from './kind-of.js'
import { isEntry, makesEntry, type NestEntry } from './nest-entry.js'

/** The root module of an app: what was given, or what a function makes of the values. */
export async function entryOf(module: unknown, deps: unknown, ctx: StartContext): Promise<NestEntry> {
  const entry: unknown = makesEntry(module) ? await module(deps as never, ctx as never) : module
  if (isEntry(entry)) return entry
  throw new Error(`module returned ${kindOf(entry)}; return a class with @Module(), or a dynamic module`)
}

/** Has the values of resources beside the app, whose own root module is left as it is. */
export function rootModule(entry: NestEntry, dependsOn: Dependencies, deps: unknown, { kernel }: StartContext): Type {
  class KeelsonApp {}
  Module({ imports: [valuesModule(dependsOn, deps as never, kernel), entry] })(KeelsonApp)
  return KeelsonApp
}

/** `app.get(x, { strict: true })` is about the root module of the user. */
export function lookFrom(app: INestApplicationContext, entry: NestEntry): void {
  const type = typeof entry === 'function' ? entry : entry.module
  for (const record of modulesOf(app)) if (record.metatype === type) return define(app, 'contextModule', record)
}
