import 'reflect-metadata'
import type { DynamicModule, Type } from '@nestjs/common'

/** The root module of an app: a class with `@Module()`, or a dynamic module. */
export type NestEntry = Type<unknown> | DynamicModule

/**
 * Whether `module` is a function that makes the root module, and not the class of one. Arrow functions and methods have no prototype; that
 * of a class cannot be replaced; of what a compiler has made of a class for an older JavaScript, `@Module()` has left its marks.
 */
export function makesEntry(module: unknown): module is (...args: never[]) => unknown {
  if (typeof module !== 'function') return false
  const prototype = Object.getOwnPropertyDescriptor(module, 'prototype')
  if (prototype === undefined) return true
  return prototype.writable === true && Reflect.getMetadataKeys(module).length === 0
}

export function isEntry(made: unknown): made is NestEntry {
  if (typeof made === 'function') return !makesEntry(made)
  return typeof made === 'object' && made !== null && typeof (made as Partial<DynamicModule>).module === 'function'
}
