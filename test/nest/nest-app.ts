import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transformSync } from '@swc/core'

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

/** Where each version of NestJS is found by its name. */
const PROJECTS = { 11: path('../nest-11/'), 12: path('../') } as const

export type NestVersion = keyof typeof PROJECTS
export const VERSIONS: readonly NestVersion[] = [11, 12]

/** A version of NestJS, with the built package that has found it. */
export interface NestKit {
  readonly version: NestVersion
  readonly keelson: typeof import('@keelson/nest')
  readonly common: typeof import('@nestjs/common')
  readonly platformFastify: typeof import('@nestjs/platform-fastify')
  remove(): void
}

export async function nestKit(version: NestVersion): Promise<NestKit> {
  const folder = prepare(version)
  const file = join(folder, 'kit.mjs')
  const lines = [
    "export * as keelson from './keelson-nest/index.js'",
    "export * as common from '@nestjs/common'",
    "export * as platformFastify from '@nestjs/platform-fastify'",
  ]
  writeFileSync(file, lines.join('\n'))
  return { ...(await import(/* @vite-ignore */ file)), version, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** A folder where a version of NestJS is found, with the built package in it. */
function prepare(version: NestVersion): string {
  const folder = join(PROJECTS[version], '.cache', `nest-${process.pid}-${++folders}`)
  mkdirSync(folder, { recursive: true })
  cpSync(path('../../packages/nest/dist'), join(folder, 'keelson-nest'), { recursive: true })
  return folder
}

/**
 * Compiles an app of `apps/` as the compiler of a Nest user does, with the types of parameters, to where one version of NestJS is found;
 * the built package goes with it, so that both find the same. `commonjs` is what the starter of Nest 11 has. Returns the file; `remove`
 * takes it away.
 */
export function compileApp(
  name: string,
  version: NestVersion,
  format: 'esm' | 'commonjs' = 'esm',
): { file: string; remove: () => void } {
  const folder = prepare(version)
  const extension = format === 'esm' ? 'mjs' : 'cjs'
  const built = format === 'esm' ? './keelson-nest/index.js' : './keelson-nest/cjs/index.js'
  const names = new Set([name])
  // What one imports of its neighbours is added at the end.
  for (const each of names) {
    const { code } = transformSync(readFileSync(path(`./apps/${each}.ts`), 'utf8'), {
      filename: `${each}.ts`,
      module: { type: format === 'esm' ? 'es6' : 'commonjs' },
      jsc: {
        target: 'es2022',
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true },
      },
    })
    const linked = code.replaceAll(/(['"])\.\/([\w-]+)\.js\1/g, (_, quote, neighbour) => {
      names.add(neighbour)
      return `${quote}./${neighbour}.${extension}${quote}`
    })
    writeFileSync(join(folder, `${each}.${extension}`), linked.replaceAll(/(['"])@keelson\/nest\1/g, JSON.stringify(built)))
  }
  const file = join(folder, `${name}.${extension}`)
  return { file, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

let folders = 0
