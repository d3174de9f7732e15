import { join } from 'node:path'
import type { Kernel } from '@keelson/kernel'
import { builtIn } from '../built-in.js'
import { invalidOption } from '../options.js'
import type { InspectorLike } from './inspector-options.js'

/** The part of `@keelson/inspector` that is called. */
interface InspectorModule {
  readonly inspector: (kernel: Kernel, options: object) => InspectorLike
}

/**
 * The package that is installed with the application: found from here, or from its main module, where this package is linked from elsewhere.
 *
 * @throws KeelsonError `INVALID_OPTION` when it is not installed.
 */
export async function loadInspector(): Promise<InspectorModule> {
  try {
    // Written out, so that bundlers find it.
    return (await import('@keelson/inspector' as string)) as InspectorModule
  } catch (error) {
    if (!isMissing(error)) throw error
  }
  try {
    return builtIn('node:module').createRequire(process.argv[1] ?? join(process.cwd(), 'main.js'))(
      '@keelson/inspector',
    ) as InspectorModule
  } catch (error) {
    if (!isMissing(error)) throw error
  }
  throw invalidOption(
    { text: 'run()' },
    'inspector',
    'needs a package that is not installed; run: npm install @keelson/inspector',
  )
}

/** Not what that package itself lacks. */
function isMissing(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown }
  return (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') && /['"]@keelson\/inspector['"]/.test(String(message))
}
