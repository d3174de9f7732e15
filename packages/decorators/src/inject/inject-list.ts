import type { Dependency, Value } from '@keelson/kernel'

/**
 * What a constructor parameter may be injected with: a service class, an `@injectable()` class, a resource, `optional()` or
 * `ref()` of these, `delay(() => TheClass)` where a class is not defined yet, or a token of the container.
 */
export type InjectToken = Dependency | Delayed<unknown> | string | symbol

/** What the constructor receives for an `InjectToken`; `never` for a token of the container, whose type is not known. */
export type Injected<E> = E extends string | symbol ? never : E extends Delayed<infer T> ? T : Value<E>

/** What `delay()` of tsyringe returns. */
export interface Delayed<T> {
  createProxy(create: never): T
}

/** What TypeScript shows when `inject` and the constructor disagree. */
export interface InjectMismatch<Expected extends readonly unknown[], Given> {
  'the constructor takes': Expected
  'inject gives': Given
}

/** What TypeScript shows for an abstract class. */
export interface AbstractService {
  '@Service() goes to the classes that extend an abstract one: they inherit its hooks': never
}

/** Accepts a class whose constructor takes what `inject` lists, in this order; any class that is not abstract where nothing is listed. */
export type Fits<C, I> = C extends new (
  ...args: infer Expected
) => unknown
  ? I extends readonly InjectToken[]
    ? InjectedAll<I> extends Expected
      ? unknown
      : InjectMismatch<Expected, InjectedAll<I>>
    : unknown
  : AbstractService

type InjectedAll<I extends readonly InjectToken[]> = { -readonly [K in keyof I]: Injected<I[K]> }
