import { propertyOf } from './foreign.js'

/** Put in by the build. */
declare const KEELSON_VERSION: string | undefined

const version = typeof KEELSON_VERSION === 'string' ? KEELSON_VERSION : 'sources'
const { [Symbol.hasInstance]: isInstance } = Function.prototype

/** A symbol that every copy of this version has. */
export function symbolOfEveryCopy(name: string): symbol {
  return Symbol.for(`keelson.${name}@${version}`)
}

/**
 * Makes `instanceof` true for what another copy of this package made, of the same version: a test runner or a bundler may load one for
 * `import` and one for `require()`. Classes that extend the type are not affected.
 */
export function sameInEveryCopy(type: abstract new (...args: never[]) => object, name: string): void {
  const brand = symbolOfEveryCopy(name)
  Object.defineProperty(type.prototype, brand, { value: true })
  Object.defineProperty(type, Symbol.hasInstance, {
    value(this: unknown, x: unknown) {
      return isInstance.call(this as typeof type, x) || (this === type && propertyOf(x, brand) === true)
    },
  })
}
