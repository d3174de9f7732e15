import './tsyringe.js'
import { propertiesInjected } from '../errors.js'

/** Throws for properties of a class that somebody else's decorator was to inject: nobody would, and they would be undefined. */
export function refuseInjectedProperties(type: { readonly name: string; readonly prototype: unknown }): void {
  const ofNest: unknown = Reflect.getOwnMetadata('self:properties_metadata', type)
  if (Array.isArray(ofNest))
    throw propertiesInjected(
      `class ${type.name}: @Inject`,
      ofNest.map(({ key }) => String(key)),
    )
  // tsyringe takes a property for a parameter without an index.
  const ofTsyringe: object | undefined = Reflect.getOwnMetadata('injectionTokens', type.prototype as object)
  if (ofTsyringe !== undefined && 'undefined' in ofTsyringe) throw propertiesInjected(`class ${type.name}: @inject`, [])
}
