import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const packages = fileURLToPath(new URL('../../packages', import.meta.url))

/** One source file of a package: its path below `src`, without the ending, and what it imports. */
export interface Source {
  readonly path: string
  readonly code: string
  /** Other sources of the package. */
  readonly imports: readonly string[]
  /** Those of which more than types are used. */
  readonly runtimeImports: readonly string[]
  /** Packages and built-in modules. */
  readonly foreign: readonly string[]
}

/** The sources of a package, without tests and what only tests use. */
export function sourcesOf(name: string): readonly Source[] {
  const src = join(packages, name, 'src')
  return readdirSync(src, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => /\.tsx?$/.test(file))
    .filter((file) => !/\.test(-d)?\.ts$|(^|\/)(fixtures|test-support)\//.test(file))
    .sort()
    .map((file) => read(src, file))
}

function read(src: string, file: string): Source {
  const code = readFileSync(join(src, file), 'utf8')
  const { runtime, types } = importsOf(code)
  const own = (names: readonly string[]) => [
    ...new Set(
      names
        .filter((name) => name.startsWith('.'))
        .map((name) =>
          relative('.', posix.join(dirname(file), name))
            .replaceAll('\\', '/')
            .replace(/\.js$/, ''),
        ),
    ),
  ]
  return {
    path: file.replace(/\.tsx?$/, ''),
    code,
    imports: own([...runtime, ...types]),
    runtimeImports: own(runtime),
    foreign: [...runtime, ...types].filter((name) => !name.startsWith('.')),
  }
}

/** What code imports when it runs, and what it only takes types from. */
export function importsOf(code: string): { runtime: string[]; types: string[] } {
  const found = [...code.matchAll(/^(?:import|export)\s+(type\s)?(?:[^'"`;]*?\sfrom\s+)?['"]([^'"]+)['"]/gm)]
  const dynamic = [...code.matchAll(/\b(?:import|require)\(\s*['"`]([^'"`]+)/g)].map(([, name]) => name!)
  const of = (types: boolean) => found.filter(([, type]) => (type !== undefined) === types).map(([, , name]) => name!)
  return { runtime: [...of(false), ...dynamic], types: of(true) }
}

/** The first way round by which a source imports itself, if there is one. */
export function circleIn(sources: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>()
  const visit = (file: string, way: readonly string[]): readonly string[] | undefined => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file]
    if (done.has(file)) return undefined
    for (const next of sources.get(file) ?? []) {
      const circle = visit(next, [...way, file])
      if (circle !== undefined) return circle
    }
    done.add(file)
    return undefined
  }
  for (const file of sources.keys()) {
    const circle = visit(file, [])
    if (circle !== undefined) return circle
  }
  return undefined
}
