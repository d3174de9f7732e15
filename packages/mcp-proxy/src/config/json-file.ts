import { readFile } from 'node:fs/promises'
import { isObject } from './checks.js'

/** @throws Error that names the file when it cannot be read, or holds no object. */
export async function readJsonFile(file: string): Promise<Record<string, unknown>> {
  return parsed(file, await read(file))
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new Error(`${file} cannot be read: ${(cause as Error).message}`, { cause })
  }
}

function parsed(file: string, text: string): Record<string, unknown> {
  try {
    const made: unknown = JSON.parse(text)
    if (isObject(made)) return made
  } catch (cause) {
    throw new Error(`${file} is not JSON: ${(cause as Error).message}`, { cause })
  }
  throw new Error(`${file} must hold an object with "mcpServers"`)
}

/** A copy in which every `${NAME}` in a string is what the environment has for it. */
export function filledIn<T>(value: T, env: NodeJS.ProcessEnv, where: string): T {
  return JSON.parse(JSON.stringify(value), (_, part: unknown) =>
    typeof part !== 'string'
      ? part
      : part.replace(/\$\{(\w+)\}/g, (_, name: string) => {
          const found = env[name]
          if (found === undefined) throw new Error(`${where} needs the environment variable ${name}, which is not set`)
          return found
        }),
  ) as T
}
