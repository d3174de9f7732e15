/** Where anything that stands for a resource carries it; the same symbol in every copy of this package. */
export const RESOURCE: unique symbol = Symbol.for('keelson.resource') as never
export declare const VALUE: unique symbol

/** Anything that carries a resource. */
export interface ResourceCarrier<T> {
  readonly [RESOURCE]: Resource<T>
}

/** A named definition with its hooks; the same definition may be used by any number of kernels. */
export interface Resource<T> extends ResourceCarrier<T> {
  readonly name: string
  /** Only in the types: what `start` resolves to. */
  readonly [VALUE]: () => T
}
