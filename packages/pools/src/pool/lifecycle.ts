import { type Dependencies, type Resource, type ResourceOptions, resource } from '@keelson/kernel'
import { invalid } from './option-checks.js'

/** What a resource of this package takes besides its hooks, which are this package's. */
export type Lifecycle<D extends Dependencies<D>> = Omit<ResourceOptions<never, D>, 'start' | 'check' | 'drain' | 'stop' | 'kill'>

const HOOKS = ['start', 'check', 'drain', 'stop', 'kill']

/**
 * A resource with this package's hooks and the lifecycle options of its user; `own` are the options that are not the kernel's.
 * Property descriptors are copied, so that a `dependsOn` getter is not read yet.
 *
 * @throws KeelsonError `INVALID_OPTION` for a hook among the user's options, and for what the kernel refuses.
 */
export function resourceWith<T, V extends T, D extends Dependencies<D>>(
  name: string,
  options: object,
  own: readonly string[],
  hooks: ResourceOptions<V, D>,
): Resource<T> {
  const descriptors = Object.getOwnPropertyDescriptors(options) as PropertyDescriptorMap
  for (const hook of HOOKS) {
    if (descriptors[hook] === undefined) continue
    const text = `${hook} cannot be given, it is made by this package; put your own ${hook} into a resource that depends on this one`
    throw invalid(name, hook, text)
  }
  for (const key of own) delete descriptors[key]
  return resource<V, D>(name, Object.defineProperties(hooks, descriptors) as ResourceOptions<V, D>)
}
