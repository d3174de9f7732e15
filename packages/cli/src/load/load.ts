import type { Io } from '../output/io.js'
import { type Loaded, loadKernel } from './load-kernel.js'

/** The kernel that a command was told to look at; what its module did beside that is said. */
export async function load(
  io: Io,
  module: string,
  options: { readonly kernel: string | undefined; readonly 'env-file': string | undefined },
): Promise<Loaded> {
  const loaded = await loadKernel(module, { cwd: io.cwd, kernel: options.kernel, envFile: options['env-file'] })
  if (loaded.opened.length > 0) {
    const { paintErr: paint } = io
    const what = [...new Set(loaded.opened)].join(', ')
    io.err(
      paint.dim(
        `${loaded.module} opened something when it was loaded (${what}); it is left as it is, and ends with this command`,
      ),
    )
  }
  return loaded
}
