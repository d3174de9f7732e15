import type { Kernel } from '@keelson/kernel'
import { resourceOf } from '@keelson/kernel'
import { CliError } from '../cli-error.js'
import { EXIT } from '../exit-codes.js'
import type { Held } from './reader.js'

/** A kernel by the name that it has in its module, or undefined where it has none there. */
export interface Found extends Pick<Held, 'kernel' | 'options'> {
  readonly exportedAs: string | undefined
}

export type Exports = Readonly<Record<string, unknown>>

export function isKernel(x: unknown): x is Kernel {
  if (typeof x !== 'object' || x === null) return false
  return ['plan', 'inspect', 'probe', 'start', 'shutdown'].every((method) => typeof Reflect.get(x, method) === 'function')
}

/** A kernel, a promise, or what may make one. */
export function mayBeKernel(x: unknown): boolean {
  return isKernel(x) || x instanceof Promise || (typeof x === 'function' && !isClass(x))
}

/**
 * The kernel of a module: the one that is asked for, else its export `kernel`, its default export, the one that it runs, or the only one
 * among its exports.
 *
 * @throws CliError that says what the module has instead.
 */
export async function findKernel(
  module: string,
  exported: Exports | undefined,
  held: readonly Held[],
  wanted: string | undefined,
): Promise<Found> {
  const named = async (name: string): Promise<Found | undefined> => {
    const kernel = await kernelFrom(exported?.[name])
    return kernel === undefined ? undefined : { kernel, options: optionsOf(kernel), exportedAs: name }
  }
  const optionsOf = (kernel: Kernel) => held.find((each) => each.kernel === kernel)?.options ?? {}
  const ran = held.map((each): Found => ({ ...each, exportedAs: undefined }))

  if (wanted !== undefined) {
    const all = [await named(wanted), ...exportedKernels(), ...ran].filter((found) => found !== undefined)
    const found = all.find(({ exportedAs, kernel }) => exportedAs === wanted || kernel.name === wanted)
    if (found !== undefined) return found
    throw noKernel(`${module} has no kernel "${wanted}"`, all.length > 0 ? `it has ${listed(all)}` : undefined)
  }
  // A default export that is a function may be anything, where the module itself runs a kernel.
  const preferred = ['kernel', 'default'].filter((name) => ran.length === 0 || typeof exported?.[name] !== 'function')
  for (const name of preferred) {
    const found = await named(name)
    if (found !== undefined) return found
  }
  const candidates = ran.length > 0 ? ran : exportedKernels()
  if (candidates.length === 1) return candidates[0]!
  if (candidates.length > 1) {
    throw noKernel(`${module} has ${candidates.length} kernels: ${listed(candidates)}`, 'say which with --kernel NAME')
  }
  if (exported === undefined) throw noKernel(`${module} was not loaded to its end: it waits for something that does not come`)
  throw noKernel(`${module} has no kernel: it exports ${inWords(exported)}`)

  function exportedKernels(): Found[] {
    return Object.entries(exported ?? {}).flatMap(([exportedAs, kernel]) =>
      isKernel(kernel) ? [{ kernel, options: optionsOf(kernel), exportedAs }] : [],
    )
  }
}

/** A kernel, or a function that returns one, or a promise of either. */
async function kernelFrom(x: unknown): Promise<Kernel | undefined> {
  const value = await x
  if (isKernel(value)) return value
  if (typeof value !== 'function' || isClass(value)) return undefined
  const made = await value()
  return isKernel(made) ? made : undefined
}

function isClass(x: object): boolean {
  return Function.prototype.toString.call(x).startsWith('class')
}

function listed(found: readonly Found[]): string {
  const names = found.map(({ kernel, exportedAs }) => (exportedAs === undefined ? kernel.name : `${exportedAs} (${kernel.name})`))
  return [...new Set(names)].join(', ')
}

/** `api (a resource), config (an object)` */
function inWords(exported: Exports): string {
  const entries = Object.entries(exported).map(([name, value]) => `${name} (${kindOf(value)})`)
  return entries.length === 0 ? 'nothing' : entries.join(', ')
}

function kindOf(value: unknown): string {
  if (isResource(value)) return 'a resource'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'function') return isClass(value) ? 'a class' : 'a function'
  if (value === null || value === undefined) return String(value)
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function isResource(value: unknown): boolean {
  try {
    resourceOf(value as never)
    return true
  } catch {
    return false
  }
}

function noKernel(
  message: string,
  remedy = 'export it: `export const kernel = createKernel([…])`, or have the module call `run(kernel)`',
) {
  return new CliError(EXIT.load, message, remedy)
}
