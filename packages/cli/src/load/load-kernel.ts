import { existsSync, statSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import type { Kernel } from '@keelson/kernel'
import { CliError } from '../cli-error.js'
import { EXIT } from '../exit-codes.js'
import { type Exports, findKernel, isKernel, mayBeKernel } from './find-kernel.js'
import { Guard } from './guard.js'
import { notLoaded } from './not-loaded.js'
import { type Claim, GraphReader, type Known } from './reader.js'

export interface LoadOptions {
  /** Which kernel of the module: its name, or that of an export. */
  readonly kernel?: string | undefined
  /** Variables for the module. */
  readonly envFile?: string | undefined
  readonly cwd?: string
  /** For how long a module may be loaded, in ms; default 30_000. */
  readonly patience?: number
}

/** A kernel that was loaded, and that nothing has started. */
export interface Loaded {
  readonly kernel: Kernel
  /** The module as a reader would name it: relative to where the command was given. */
  readonly module: string
  /** What `run()` was given with it; empty where nothing ran it. */
  readonly run: Readonly<Record<string, unknown>>
  /** What packages know of the resources that they have made. */
  readonly claims: readonly Claim[]
  /** What they know of those that are servers and tasks, by name. */
  readonly known: ReadonlyMap<string, Known>
  /** What the module opened while it was loaded, as Node names it: `TCPServerWrap`, `Timeout`. */
  readonly opened: readonly string[]
  /** From now on kernels of this process start again, and errors that nobody handles end it. */
  release(): void
}

/**
 * Loads a TypeScript or JavaScript module, and takes the kernel that it exports as `kernel` or `default` (itself, a function that returns
 * it, or a promise of it), or that it runs. It starts nothing: `run(kernel)` and `kernel.start()` of the module hand the kernel over
 * instead, and their promises stay open.
 *
 * @throws CliError with exit code 3 when it cannot be loaded, or has no kernel.
 */
export async function loadKernel(path: string, options: LoadOptions = {}): Promise<Loaded> {
  const { cwd = process.cwd(), patience = 30_000 } = options
  const file = fileAt(resolve(cwd, path), path)
  const module = relative(cwd, file) || path
  if (options.envFile !== undefined) loadEnv(resolve(cwd, options.envFile), options.envFile)
  const reader = new GraphReader().install()
  const guard = new Guard(module)
  const held = new Promise<undefined>((tell) => reader.onHeld(() => setImmediate(tell, undefined)))
  try {
    const { createJiti } = await import('jiti')
    const jiti = createJiti(file, { tsconfigPaths: true, interopDefault: true, moduleCache: true })
    let exported: Exports | undefined
    const loaded = jiti.import(file).then((value) => {
      exported = exportsOf(value)
      // One that calls its main() without waiting for it comes to run() later.
      const isComplete = mayBeKernel(exported.kernel) || mayBeKernel(exported.default) || Object.values(exported).some(isKernel)
      return isComplete ? undefined : Promise.race([held, guard.idle(Math.min(patience, MAIN_PATIENCE))])
    })
    await Promise.race([loaded, held, guard.failed, guard.idle(patience)])
    const found = await findKernel(module, exported, reader.held, options.kernel)
    // What it has only begun to open.
    await new Promise(setImmediate)
    return {
      kernel: found.kernel,
      module,
      run: found.options,
      claims: reader.claims,
      known: reader.known,
      opened: guard.opened(),
      release: () => {
        reader.remove()
        guard.remove()
      },
    }
  } catch (error) {
    reader.remove()
    guard.remove()
    throw error instanceof CliError ? error : notLoaded(module, error, loadKernel.name)
  } finally {
    guard.loaded()
  }
}

/** For how long a module that has been loaded may take to come to `run()`, in ms. */
const MAIN_PATIENCE = 10_000

/** CommonJS exports a kernel, a function or an object of exports as a whole. Of a namespace, jiti passes on what its default export has. */
function exportsOf(value: unknown): Exports {
  const exported = (value ?? {}) as Exports
  const { default: whole, ...others } = exported
  if (whole === undefined || whole === value) return isKernel(value) || typeof value === 'function' ? { default: value } : others
  if (mayBeKernel(whole)) return { ...others, default: whole }
  return typeof whole === 'object' && whole !== null ? { ...(whole as Exports), ...others } : exported
}

function fileAt(file: string, path: string): string {
  if (existsSync(file) && statSync(file).isFile()) return file
  const remedy = existsSync(file) ? 'name a file in it' : 'paths are taken from the current directory'
  throw new CliError(EXIT.load, existsSync(file) ? `${path} is a folder` : `there is no file ${path}`, remedy)
}

function loadEnv(file: string, path: string): void {
  try {
    process.loadEnvFile(file)
  } catch (error) {
    throw new CliError(EXIT.load, `${path} cannot be read: ${(error as Error).message}`)
  }
}
