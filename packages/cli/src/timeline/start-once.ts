import { printable, redact } from '@keelson/kernel/redact'
import { CliError } from '../cli-error.js'
import { EXIT } from '../exit-codes.js'
import type { Loaded } from '../load/load-kernel.js'
import type { Io } from '../output/io.js'
import { type Measured, measuredOf } from './measured.js'

/**
 * Starts a kernel for real, and shuts it down again.
 *
 * @throws CliError when it does not start, or somebody asks for the end meanwhile.
 */
export async function startOnce(io: Io, { kernel, release }: Loaded): Promise<Measured> {
  const interrupted = io.interrupted()
  const tell = (error: unknown) => io.err(`an error that nobody handles: ${wordsOf(error)}`)
  process.on('uncaughtException', tell)
  process.on('unhandledRejection', tell)
  const end = () => void kernel.shutdown('interrupted', { delay: 0 }).catch(() => {})
  interrupted.addEventListener('abort', end, { once: true })
  release()
  try {
    await kernel.start()
    return measuredOf(kernel)
  } catch (error) {
    if (interrupted.aborted) throw new CliError(EXIT.interrupted, 'interrupted; what had started was stopped')
    throw new CliError(EXIT.no, `it does not start: ${wordsOf(error)}`)
  } finally {
    interrupted.removeEventListener('abort', end)
    await kernel.shutdown('timeline', { delay: 0 }).catch((error) => io.err(`its shutdown failed: ${wordsOf(error)}`))
    process.off('uncaughtException', tell)
    process.off('unhandledRejection', tell)
  }
}

function wordsOf(error: unknown): string {
  return printable(redact(error instanceof Error ? error.message : String(error)))
}
