import type { Problem } from '../errors.js'
import { type Class, type Parameter, parametersOf } from './parameters.js'
import { type Registration, registrationOf, registrationsOf } from './registration.js'
import type { DependencyContainer } from './tsyringe.js'
import { isDelayed, undelayed, type Wanted, wantedResource } from './wanted.js'

/** What a token is resolved to. */
export type Provider =
  | { readonly kind: 'resource'; readonly wanted: Wanted }
  | { readonly kind: 'class'; readonly type: Class; readonly registration: Registration | undefined }
  /** A proxy, constructed at its first use. */
  | { readonly kind: 'delayed'; readonly type: Class; proxy(create: () => unknown): unknown }
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'factory'; readonly factory: (container: DependencyContainer) => unknown }
  | { readonly kind: 'nothing' }

const NOTHING: Provider = { kind: 'nothing' }

/** The providers of a parameter: one, or with `@injectAll` any number. */
export function providersOf({ token, multiple }: Parameter, container: DependencyContainer): readonly Provider[] {
  const registrations = multiple ? registrationsOf(token, container) : []
  if (registrations.length > 0) return registrations.map((registration) => providerIn(registration, container))
  const provider = providerOf(token, container)
  return multiple && provider.kind === 'nothing' ? [] : [provider]
}

export function providerOf(token: unknown, container: DependencyContainer): Provider {
  const plain = unregistered(token)
  if (plain !== undefined && plain.kind !== 'class') return plain
  const registration = registrationOf(token, container)
  return registration === undefined ? (plain ?? NOTHING) : providerIn(registration, container)
}

export function providerIn(registration: Registration, container: DependencyContainer): Provider {
  const { useValue, useFactory, useToken, useClass } = registration.provider
  if (useValue !== undefined && useValue !== null) return { kind: 'value', value: useValue }
  if (useFactory !== undefined) return { kind: 'factory', factory: useFactory }
  if (useToken !== undefined) return providerOf(useToken, container)
  const provider = unregistered(useClass) ?? NOTHING
  return provider.kind === 'class' ? { ...provider, registration } : provider
}

/** What a token is resolved to without a registration. */
function unregistered(token: unknown): Provider | undefined {
  const wanted = wantedResource(token)
  if (wanted !== undefined) return { kind: 'resource', wanted }
  if (typeof token === 'function') return { kind: 'class', type: token as Class, registration: undefined }
  if (!isDelayed(token)) return undefined
  return { kind: 'delayed', type: undelayed(token) as Class, proxy: (create) => token.createProxy(create as never) }
}

/** Why a parameter cannot be injected; undefined when it can. */
export function problemOf(parameter: Parameter, container: DependencyContainer): Problem | undefined {
  const { wanted, missing, isOptional } = parameter
  if (wanted !== undefined || missing !== undefined) return missing
  const providers = providersOf(parameter, container)
  if (providers.length === 0 || providers[0]!.kind === 'nothing') return isOptional ? undefined : 'unregistered'
  for (const provider of providers) {
    if (provider.kind === 'delayed' && typeof provider.type !== 'function') return 'delayed-nothing'
    if (provider.kind !== 'class') continue
    if (isBuiltIn(provider.type)) return 'erased'
    if (parametersOf(provider.type).some(isUntold)) return 'unknown-class'
  }
  return undefined
}

function isUntold({ missing, hasDefault }: Parameter): boolean {
  return !hasDefault && (missing === 'no-metadata' || missing === 'undecorated-base')
}

/** `Object`, `String`, `Promise`: what compilers emit for types that are not classes. */
function isBuiltIn(type: Class): boolean {
  return Function.prototype.toString.call(type).endsWith('{ [native code] }')
}
