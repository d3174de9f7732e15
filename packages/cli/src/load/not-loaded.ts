import { isBuiltin } from 'node:module'
import { redact } from '@keelson/kernel/redact'
import { CliError } from '../cli-error.js'
import { EXIT } from '../exit-codes.js'

/** Why a module could not be loaded, with the frames of the application alone: those above the function named `loader`. */
export function notLoaded(module: string, error: unknown, loader: string): CliError {
  const { message, stack } = error instanceof Error ? error : new Error(String(error))
  const [, ...lines] = (stack ?? '').slice((stack ?? '').indexOf(message) + message.length).split('\n')
  const ours = lines.findIndex((line) => line.includes(loader))
  const frames = lines
    .slice(0, ours === -1 ? lines.length : ours)
    .filter((line) => /^\s+at /.test(line) && !/node_modules|node:internal|node:events/.test(line))
    .slice(0, 5)
  const { text, remedy } = understood(message)
  return new CliError(EXIT.load, redact([`${module} cannot be loaded: ${text}`, ...frames].join('\n')), remedy, { cause: error })
}

/** What jiti and Node say, as one sentence. */
function understood(message: string): { text: string; remedy?: string } {
  const [, problem, place] = /^ParseError: (.*?)\s*\n\s*(\S.*:\d+:\d+)\s*$/s.exec(message) ?? []
  if (problem !== undefined) return { text: `${problem}\n    at ${place}` }
  const [, name] = /^Cannot find (?:module|package) '([^']+)'/.exec(message) ?? []
  if (name !== undefined) {
    const [, bare] = /^((?:@[\w.-]+\/)?[a-z0-9][\w.-]*)(?:\/|$)/i.exec(name) ?? []
    if (bare === undefined || isBuiltin(name)) return { text: `there is no module '${name}'` }
    return { text: `there is no package '${name}'`, remedy: `install it: npm install ${bare}` }
  }
  if (/process\.env|environment|is missing|is not set|undefined variable/i.test(message)) {
    return { text: message, remedy: 'when it wants variables, give it a file of them with --env-file FILE' }
  }
  return { text: message }
}
