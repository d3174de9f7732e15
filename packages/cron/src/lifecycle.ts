import type { Dependencies, ResourceOptions } from '@keelson/kernel'
import { invalidOption } from './invalid-option.js'

const HOOKS = ['start', 'check', 'activate', 'quiesce', 'drain', 'stop', 'kill'] as const

/** The options of a resource that are the kernel's; its hooks are this package's. */
export type Lifecycle<T, D extends Dependencies<D>> = Omit<ResourceOptions<T, D>, (typeof HOOKS)[number]>

/**
 * The hooks and defaults of this package with the options of the user that are the kernel's; `own` are the others. Property descriptors
 * are copied, so that a `dependsOn` getter is not read yet.
 *
 * @throws KeelsonError `INVALID_OPTION` for a hook among the user's options.
 */
export function withHooks<T, D extends Dependencies<D>>(
  name: string,
  options: object,
  own: readonly string[],
  hooks: Pick<ResourceOptions<T, D>, 'start'> & Partial<ResourceOptions<T, D>>,
): ResourceOptions<T, D> {
  const descriptors = Object.getOwnPropertyDescriptors(options) as PropertyDescriptorMap
  for (const hook of HOOKS) {
    if (descriptors[hook] === undefined) continue
    throw invalidOption(name, hook, 'cannot be given, it is made by this package', 'put your own into a resource beside it')
  }
  for (const key of own) delete descriptors[key]
  for (const [key, { value, get }] of Object.entries(descriptors)) {
    if (value === undefined && get === undefined) delete descriptors[key]
  }
  return Object.defineProperties({ ...hooks }, descriptors) as ResourceOptions<T, D>
}

/** @throws KeelsonError `INVALID_OPTION` unless options are an object. */
export function checkIsObject(name: string, options: unknown, example: string): void {
  if (typeof options === 'object' && options !== null) return
  throw invalidOption(name, 'its options', 'must be an object', `pass ${example}`)
}
